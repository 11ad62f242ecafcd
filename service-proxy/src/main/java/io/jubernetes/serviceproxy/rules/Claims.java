package io.jubernetes.serviceproxy.rules;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who wishes to serve which frontend of one family, and who does. A change of rules touches only the frontends
/// of those rules. Not thread-safe.
public final class Claims {
    /// A frontend goes from one claim to another.
    public record Handover(Optional<Claim> before, Optional<Claim> now) {}

    private final IpFamily family;
    private final Map<Frontend, List<Claim>> claims = new HashMap<>();

    public Claims(IpFamily family) {
        this.family = family;
    }

    /// Takes rules out and puts others in; rules of the other family are passed over.
    ///
    /// @return the frontends that are served by another claim than before, or no longer
    public Map<Frontend, Handover> change(Collection<ServiceRule> removed, Collection<ServiceRule> added) {
        Map<Frontend, Optional<Claim>> before = new LinkedHashMap<>();
        for (Claim claim : of(removed)) {
            before.putIfAbsent(claim.frontend(), winner(claim.frontend()));
            claims.computeIfPresent(claim.frontend(), (_, all) -> {
                all.remove(claim);
                return all.isEmpty() ? null : all;
            });
        }
        for (Claim claim : of(added)) {
            before.putIfAbsent(claim.frontend(), winner(claim.frontend()));
            claims.computeIfAbsent(claim.frontend(), _ -> new ArrayList<>(1)).add(claim);
        }
        Map<Frontend, Handover> changed = new LinkedHashMap<>();
        before.forEach((frontend, old) -> {
            Optional<Claim> now = winner(frontend);
            if (!now.equals(old)) {
                changed.put(frontend, new Handover(old, now));
            }
        });
        return changed;
    }

    /// What rules of this family wish to serve.
    public List<Claim> of(Collection<ServiceRule> rules) {
        return rules.stream()
                .filter(rule -> rule.name().family() == family)
                .flatMap(rule -> Claim.of(rule).stream())
                .toList();
    }

    /// Who serves a frontend.
    public Optional<Claim> winner(Frontend frontend) {
        List<Claim> all = claims.getOrDefault(frontend, List.of());
        return all.size() == 1 ? Optional.of(all.getFirst()) : all.stream().min(Claim.ORDER);
    }
}
