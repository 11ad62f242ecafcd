package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import io.jubernetes.common.meta.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Resource requirements of containers and of whole pods.
final class ResourceRules {
    private static final Set<String> COMPUTE = Set.of("cpu", "memory");
    private static final List<String> POD_LEVEL = List.of("cpu", "hugepages-", "memory");

    private ResourceRules() {}

    static void checkContainer(Field resources, SpecScope scope) {
        check(resources, QuantityRules::checkContainerName, scope);
    }

    /// What the pod needs beside its containers; its names and amounts are those of limits.
    static void checkOverhead(Field overhead, SpecScope scope) {
        Map<String, Field> amounts = overhead.entries();
        // Messages show the amounts as limits of the overhead.
        amounts.forEach((name, amount) -> checkAmount(
                name, Field.keyAt(overhead.get("limits"), name, overhead), QuantityRules::checkContainerName, scope));
        if (amounts.keySet().stream().anyMatch(QuantityRules::isHugePages)
                && amounts.keySet().stream().noneMatch(COMPUTE::contains)) {
            overhead.forbidden("HugePages require cpu or memory");
        }
    }

    /// How the name of a resource is checked.
    private interface NameCheck {
        void check(Field place, String resource);
    }

    private static void check(Field resources, NameCheck names, SpecScope scope) {
        Map<String, Field> limits = resources.get("limits").entries();
        Map<String, Field> requests = resources.get("requests").entries();
        limits.forEach((name, amount) -> checkAmount(name, amount, names, scope));
        requests.forEach((name, amount) -> {
            names.check(amount, name);
            QuantityRules.checkAmount(name, amount);
            Field limit = limits.get(name);
            Quantity asked = QuantityRules.amount(amount);
            boolean overcommit = QuantityRules.isOvercommitAllowed(name);
            if (limit != null) {
                Quantity most = QuantityRules.amount(limit);
                if (!overcommit && asked.compareTo(most) != 0) {
                    resources
                            .get("requests")
                            .invalid(asked.toString(), "must be equal to " + name + " limit of " + most);
                } else if (asked.compareTo(most) > 0) {
                    resources
                            .get("requests")
                            .invalid(asked.toString(), "must be less than or equal to " + name + " limit of " + most);
                }
            } else if (!overcommit) {
                resources.get("limits").required("Limit must be set for non overcommitable resources");
            }
            checkHugePages(name, amount, scope);
        });
        Set<String> all = new HashSet<>(limits.keySet());
        all.addAll(requests.keySet());
        if (all.stream().anyMatch(QuantityRules::isHugePages) && all.stream().noneMatch(COMPUTE::contains)) {
            resources.forbidden("HugePages require cpu or memory");
        }
        checkClaims(resources.get("claims"), scope.claims());
    }

    private static void checkAmount(String name, Field amount, NameCheck names, SpecScope scope) {
        names.check(amount, name);
        QuantityRules.checkAmount(name, amount);
        checkHugePages(name, amount, scope);
    }

    private static void checkHugePages(String name, Field amount, SpecScope scope) {
        if (QuantityRules.isHugePages(name) && !scope.leniency().hugePages()) {
            QuantityRules.checkHugePages(name, amount);
        }
    }

    private static void checkClaims(Field claims, Set<String> known) {
        Set<String> seen = new TreeSet<>();
        for (Field claim : claims.items()) {
            String name = claim.get("name").text();
            if (name.isEmpty()) {
                claim.required("");
                continue;
            }
            if (seen.contains(name)) {
                claim.duplicate(name);
            } else {
                Field request = claim.get("request");
                String key = name;
                if (!request.isEmpty()) {
                    request.requireForm(NameRules::label);
                    key = name + "/" + request.text();
                }
                if (seen.contains(key)) {
                    claim.duplicate(key);
                } else if (request.isEmpty()) {
                    // The whole claim, of which a part has been taken before.
                    seen.stream().filter(other -> other.startsWith(name + "/")).forEach(_ -> claim.duplicate(name));
                }
                seen.add(key);
            }
            if (!known.contains(name)) {
                String names = known.isEmpty() ? " which is empty" : ": " + String.join(", ", new TreeSet<>(known));
                claim.report(new Cause(
                        "FieldValueNotFound",
                        Cause.notFound("", name).message() + ": must be one of the names in pod.spec.resourceClaims"
                                + names,
                        claim.path()));
            }
        }
    }

    /// The requirements of the whole pod, which bound those of its containers.
    static void checkPod(SpecScope scope) {
        Field resources = scope.spec().get("resources");
        if (!resources.isSet()) {
            return;
        }
        if (!resources.get("claims").isEmpty()) {
            resources.get("claims").forbidden("claims cannot be set for Resources at pod-level");
        }
        check(resources, ResourceRules::checkPodName, scope);
        Field requests = resources.get("requests");
        PodResources.containerRequests(scope.spec().value()).forEach((name, sum) -> {
            Field own = requests.key(name);
            Quantity asked = QuantityRules.amount(own);
            // Requests that are not set come from the limits or the sum when the pod is created.
            if (sum.compareTo(asked) > 0 && PodResources.isPodLevel(name)) {
                own.invalid(
                        asked.toString(), "must be greater than or equal to aggregate container requests of " + sum);
            }
        });
        Map<String, Field> limits = resources.get("limits").entries();
        int index = 0;
        for (Field container : scope.spec().get("containers").items()) {
            Field place = resources.get("containers").at(index++);
            container.get("resources").get("limits").entries().forEach((name, amount) -> {
                Field most = limits.get(name);
                if (most != null && QuantityRules.amount(amount).compareTo(QuantityRules.amount(most)) > 0) {
                    place.key(name)
                            .get("limits")
                            .invalid(
                                    amount.text(),
                                    "must be less than or equal to pod limits of " + QuantityRules.amount(most));
                }
            });
        }
    }

    private static void checkPodName(Field place, String resource) {
        int before = place.causes().size();
        QuantityRules.checkName(place, resource);
        if (place.causes().size() == before && !PodResources.isPodLevel(resource)) {
            place.report(Cause.notSupported(place.path(), resource, POD_LEVEL));
        }
    }
}
