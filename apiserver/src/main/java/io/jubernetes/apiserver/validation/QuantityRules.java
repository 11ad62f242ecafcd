package io.jubernetes.apiserver.validation;

import io.jubernetes.common.meta.NameRules;
import io.jubernetes.common.meta.Quantity;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Names of resources and amounts of them: which names there are, and what may be asked of each.
public final class QuantityRules {
    private static final Set<String> STANDARD = Set.of(
            "cpu",
            "memory",
            "ephemeral-storage",
            "requests.cpu",
            "requests.memory",
            "requests.ephemeral-storage",
            "limits.cpu",
            "limits.memory",
            "limits.ephemeral-storage",
            "pods",
            "resourcequotas",
            "services",
            "replicationcontrollers",
            "secrets",
            "configmaps",
            "persistentvolumeclaims",
            "storage",
            "requests.storage",
            "services.nodeports",
            "services.loadbalancers");
    private static final Set<String> COUNTED = Set.of(
            "pods",
            "resourcequotas",
            "services",
            "replicationcontrollers",
            "secrets",
            "configmaps",
            "persistentvolumeclaims",
            "services.nodeports",
            "services.loadbalancers");
    private static final Set<String> OF_CONTAINERS = Set.of("cpu", "memory", "ephemeral-storage");

    private QuantityRules() {}

    /// The amount at a place; zero when there is none.
    public static Quantity amount(Field place) {
        return Quantity.tryParse(place.text()).orElse(Quantity.ZERO);
    }

    /// Reports an amount below zero.
    public static void checkNonNegative(Field amount) {
        if (amount(amount).signum() < 0) {
            amount.invalid("must be greater than or equal to 0");
        }
    }

    /// Reports an amount that is zero or less.
    public static void checkPositive(Field amount) {
        if (amount(amount).signum() <= 0) {
            amount.invalid("must be greater than zero");
        }
    }

    /// Reports an amount that a resource cannot have: a negative one, or a part of what only comes whole.
    public static void checkAmount(String resource, Field amount) {
        checkNonNegative(amount);
        if (isCounted(resource) && !isWholeToMilli(amount(amount))) {
            amount.invalid("must be an integer");
        }
    }

    private static boolean isWholeToMilli(Quantity amount) {
        return amount.toMilli() % 1000 == 0;
    }

    /// Whether a resource only comes in whole numbers.
    public static boolean isCounted(String resource) {
        return COUNTED.contains(resource) || isExtended(resource);
    }

    /// Whether a resource belongs to Kubernetes: without a domain, or with one of its own.
    public static boolean isNative(String resource) {
        return !resource.contains("/") || resource.contains("kubernetes.io/");
    }

    /// Whether a resource is one that a node's devices bring.
    public static boolean isExtended(String resource) {
        return !isNative(resource)
                && !resource.startsWith("requests.")
                && NameRules.qualifiedName("requests." + resource).isEmpty();
    }

    public static boolean isHugePages(String resource) {
        return resource.startsWith("hugepages-");
    }

    /// Whether limits may be above requests.
    public static boolean isOvercommitAllowed(String resource) {
        return isNative(resource) && !isHugePages(resource);
    }

    /// Whether the name is one of Kubernetes' own resources or quotas.
    public static boolean isStandard(String resource) {
        return STANDARD.contains(resource) || isHugePages(resource) || resource.startsWith("requests.hugepages-");
    }

    /// Reports a name that no resource can have.
    public static void checkName(Field place, String resource) {
        List<String> problems = NameRules.qualifiedName(resource);
        problems.forEach(problem -> place.invalid(resource, problem));
        if (problems.isEmpty() && !resource.contains("/") && !isStandard(resource)) {
            place.invalid(resource, "must be a standard resource type or fully qualified");
        }
    }

    /// Reports a name of a resource that containers cannot ask for.
    public static void checkContainerName(Field place, String resource) {
        checkName(place, resource);
        if (!resource.contains("/")) {
            if (!OF_CONTAINERS.contains(resource) && !isHugePages(resource)) {
                place.invalid(resource, "must be a standard resource for containers");
            }
        } else if (!isNative(resource) && !isExtended(resource)) {
            place.invalid(resource, "doesn't follow extended resource name standard");
        }
    }

    /// Reports an amount of huge pages that is not a multiple of their size.
    public static void checkHugePages(String resource, Field amount) {
        Optional<Quantity> size = Quantity.tryParse(resource.substring("hugepages-".length()));
        if (size.isEmpty() || size.get().signum() <= 0) {
            return;
        }
        Quantity pages = amount(amount);
        if (pages.toLong() % size.get().toLong() != 0) {
            amount.invalid(pages.toString(), pages + " is not positive integer multiple of " + resource);
        }
    }
}
