package io.jubernetes.serviceproxy.backend.nftables;

import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/// Rule sets that change at random, with names and addresses from a small stock so that they often meet.
final class RandomRules {
    private static final int SERVICES = 8;
    private static final List<Target.Place> PLACES = List.of(Target.Place.values());

    private final Random random;
    private RuleSet current = RuleSet.EMPTY;

    RandomRules(long seed) {
        random = new Random(seed);
    }

    /// The set after some Services came, went or changed.
    RuleSet next() {
        Map<ObjectKey, List<ServiceRule>> changes = new HashMap<>();
        for (int i = 0; i < 1 + random.nextInt(4); i++) {
            int number = random.nextInt(SERVICES);
            changes.put(ObjectKey.of("default", "s" + number), random.nextInt(4) == 0 ? List.of() : service(number));
        }
        current = current.with(changes);
        return current;
    }

    private List<ServiceRule> service(int number) {
        var rules = new ArrayList<ServiceRule>();
        Optional<Duration> affinity =
                random.nextInt(3) == 0 ? Optional.of(Duration.ofSeconds(60 + random.nextInt(2))) : Optional.empty();
        boolean internalLocal = random.nextInt(4) == 0;
        boolean externalLocal = random.nextInt(3) == 0;
        for (IpFamily family : random.nextInt(3) == 0 ? IpFamily.values() : new IpFamily[] {IpFamily.IPV4}) {
            for (int port = 0; port < 1 + random.nextInt(2); port++) {
                Protocol protocol = random.nextInt(4) == 0 ? Protocol.UDP : Protocol.TCP;
                List<Target> targets = targets(family);
                rules.add(new ServiceRule(
                        new RuleName("default", "s" + number, "p" + port, protocol, family),
                        address(family, "96", number),
                        80 + port,
                        random.nextBoolean() ? 30_000 + random.nextInt(4) : 0,
                        random.nextInt(3) == 0 ? List.of(address(family, "113", random.nextInt(3))) : List.of(),
                        random.nextInt(3) == 0 ? List.of(address(family, "114", random.nextInt(3))) : List.of(),
                        random.nextBoolean() ? List.of(address(family, "115", 0)) : List.of(),
                        affinity,
                        internalLocal,
                        externalLocal,
                        0,
                        targets,
                        internalLocal || externalLocal
                                ? targets.stream()
                                        .filter(target -> target.place() == Target.Place.HERE)
                                        .toList()
                                : List.of()));
            }
        }
        return rules;
    }

    private List<Target> targets(IpFamily family) {
        var targets = new ArrayList<Target>();
        for (int i = 0; i < 6; i++) {
            if (random.nextInt(3) == 0) {
                targets.add(new Target(address(family, "244", i), 8080, PLACES.get(i % PLACES.size())));
            }
        }
        return targets.stream().sorted().toList();
    }

    private static String address(IpFamily family, String net, int host) {
        return family == IpFamily.IPV4 ? "10." + net + ".0." + (host + 1) : "fd00:" + net + "::" + (host + 1);
    }
}
