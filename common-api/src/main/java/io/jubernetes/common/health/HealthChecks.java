package io.jubernetes.common.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// A service's named checks and what they say, in the text form of Kubernetes' health endpoints. Thread-safe; a
/// check must answer at once (it looks at a state, it does not make a call).
public final class HealthChecks {
    /// The endpoints a check can be part of.
    public enum Endpoint {
        HEALTHZ,
        LIVEZ,
        READYZ
    }

    private record Check(String name, Set<Endpoint> endpoints, Supplier<Optional<String>> failure) {}

    private final Map<String, Check> checks = new ConcurrentHashMap<>();
    private final List<String> order = new ArrayList<>();

    public HealthChecks() {
        add("ping", Set.of(Endpoint.values()), Optional::empty);
        // Logging does not block anything here, so there is nothing that could fail.
        add("log", Set.of(Endpoint.values()), Optional::empty);
    }

    /// Adds a check; one of the same name is replaced.
    ///
    /// @param failure empty when all is well, else the reason
    public void add(String name, Set<Endpoint> endpoints, Supplier<Optional<String>> failure) {
        synchronized (order) {
            if (checks.put(name, new Check(name, Set.copyOf(endpoints), failure)) == null) {
                order.add(name);
            }
        }
    }

    /// A check for readiness only.
    public void ready(String name, Supplier<Optional<String>> failure) {
        add(name, Set.of(Endpoint.READYZ), failure);
    }

    /// What an endpoint answers.
    ///
    /// @param ok whether the status is 200, else it is 500 (503 is not used, as upstream)
    public record Answer(boolean ok, String text) {}

    /// Runs an endpoint's checks.
    ///
    /// @param excluded names to leave out (`?exclude=`)
    /// @param verbose whether the single checks are listed even when all is well
    public Answer answer(Endpoint endpoint, Set<String> excluded, boolean verbose) {
        Map<String, Optional<String>> results = new LinkedHashMap<>();
        boolean ok = true;
        List<String> names;
        synchronized (order) {
            names = List.copyOf(order);
        }
        for (String name : names) {
            Check check = checks.get(name);
            if (check != null && check.endpoints().contains(endpoint)) {
                Optional<String> failure = excluded.contains(name) ? Optional.empty() : run(check);
                results.put(name, failure);
                ok &= failure.isEmpty();
            }
        }
        String what = endpoint.name().toLowerCase(java.util.Locale.ROOT);
        if (ok && !verbose) {
            return new Answer(true, "ok");
        }
        var text = new StringBuilder();
        results.forEach((name, failure) -> {
            if (excluded.contains(name)) {
                text.append("[+]").append(name).append(" excluded: ok\n");
            } else if (failure.isEmpty()) {
                text.append("[+]").append(name).append(" ok\n");
            } else {
                text.append("[-]").append(name).append(" failed: reason withheld\n");
            }
        });
        List<String> unmatched = excluded.stream()
                .filter(name -> !results.containsKey(name))
                .sorted()
                .map(name -> '"' + name + '"')
                .toList();
        if (!unmatched.isEmpty()) {
            text.append("warn: some health checks cannot be excluded: no matches for ");
            text.append(String.join(", ", unmatched)).append('\n');
        }
        text.append(what).append(ok ? " check passed\n" : " check failed\n");
        return new Answer(ok, text.toString());
    }

    /// Runs one check by its name; empty when the endpoint has no such check.
    public Optional<Answer> single(Endpoint endpoint, String name) {
        Check check = checks.get(name);
        if (check == null || !check.endpoints().contains(endpoint)) {
            return Optional.empty();
        }
        return Optional.of(run(check)
                .map(reason -> new Answer(false, "internal server error: " + reason + "\n"))
                .orElse(new Answer(true, "ok")));
    }

    private static Optional<String> run(Check check) {
        try {
            return check.failure().get();
        } catch (RuntimeException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
