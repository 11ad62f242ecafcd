package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.IpAddress;
import io.jubernetes.apiserver.validation.IpRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What may change in a pod's status.
public final class PodStatusRules {
    private static final Set<String> SYSTEM_CONDITIONS = Set.of("PodScheduled", "Ready", "Initialized");
    private static final List<String> HEALTH = List.of("Healthy", "Unhealthy", "Unknown");

    private PodStatusRules() {}

    /// Reports everything wrong with a new status.
    public static void check(Field pod, ObjectNode old) {
        Field annotations = pod.get("metadata").get("annotations");
        AnnotationRules.checkUpdate(annotations, old.path("metadata").path("annotations"), pod.get("spec"));
        Field status = pod.get("status");
        JsonNode before = old.path("status");
        JsonNode spec = old.path("spec");
        for (Field condition : status.get("conditions").items()) {
            Field type = condition.get("type");
            if (!SYSTEM_CONDITIONS.contains(type.text())) {
                NameRules.qualifiedName(type.text())
                        .forEach(problem -> condition.get("Type").invalid(type.text(), problem));
            }
        }
        Field nominated = status.get("nominatedNodeName");
        if (!nominated.isEmpty()
                && !nominated.text().equals(before.path("nominatedNodeName").asText(""))) {
            nominated.requireForm(NameRules::subdomain);
        }
        Field generation = status.get("observedGeneration");
        if (generation.number() < 0) {
            generation.invalid("must be a non-negative integer");
        }
        String qos = before.path("qosClass").asText("");
        if (!status.get("qosClass").text().equals(qos)) {
            status.get("qosClass").invalid(status.get("qosClass").text(), "field is immutable");
        }
        checkStates(status.get("containerStatuses"), before.path("containerStatuses"), spec, "containers");
        checkStates(status.get("initContainerStatuses"), before.path("initContainerStatuses"), spec, "initContainers");
        checkStates(
                status.get("ephemeralContainerStatuses"),
                before.path("ephemeralContainerStatuses"),
                spec,
                "ephemeralContainers");
        checkClaims(status.get("resourceClaimStatuses"), spec.path("resourceClaims"));
        checkAddresses(status.get("podIPs"), "core.v1.PodIP");
        Field hosts = status.get("hostIPs");
        if (!hosts.isEmpty()) {
            Field first = hosts.at(0).get("ip");
            if (!status.get("hostIP").text().equals(first.text())) {
                first.invalid("must be equal to `hostIP`");
            }
            checkAddresses(hosts, "core.v1.HostIP");
        }
        for (String list : List.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")) {
            checkUsers(status.get(list), spec.path("os").path("name").asText("linux"));
        }
        checkAllocated(status.get("containerStatuses"), spec.path("containers"));
        checkAllocated(status.get("initContainerStatuses"), spec.path("initContainers"));
        for (Field container : status.get("ephemeralContainerStatuses").items()) {
            if (!container.get("allocatedResourcesStatus").isEmpty()) {
                container.get("allocatedResourcesStatus").forbidden("must not be specified in container status");
            }
        }
    }

    /// A container that has ended for good does not run again.
    private static void checkStates(Field statuses, JsonNode before, JsonNode spec, String list) {
        String podPolicy = list.equals("ephemeralContainers")
                ? "Never"
                : spec.path("restartPolicy").asText("");
        if (podPolicy.equals("Always")) {
            return;
        }
        Map<String, JsonNode> containers = new HashMap<>();
        spec.path(list)
                .forEach(container -> containers.put(container.path("name").asText(""), container));
        int index = 0;
        for (JsonNode old : before) {
            Field place = statuses.at(index++).get("state");
            JsonNode ended = old.path("state").path("terminated");
            String name = old.path("name").asText("");
            if (!ended.isObject() || mayRestart(containers.get(name), ended, podPolicy)) {
                continue;
            }
            for (Field status : statuses.items()) {
                if (status.get("name").text().equals(name)
                        && !status.get("state").get("terminated").isSet()) {
                    place.forbidden("may not be transitioned to non-terminated state");
                }
            }
        }
    }

    private static boolean mayRestart(
            @org.jspecify.annotations.Nullable JsonNode container, JsonNode ended, String podPolicy) {
        String policy = podPolicy;
        if (container != null && container.has("restartPolicy")) {
            if (!container.path("restartPolicyRules").isEmpty()) {
                return true;
            }
            policy = container.path("restartPolicy").asText("");
        }
        return policy.equals("Always")
                || policy.equals("OnFailure") && ended.path("exitCode").asInt(0) != 0;
    }

    private static void checkClaims(Field statuses, JsonNode claims) {
        Set<String> known = new HashSet<>();
        claims.forEach(claim -> known.add(claim.path("name").asText("")));
        Set<String> seen = new HashSet<>();
        for (Field status : statuses.items()) {
            Field name = status.get("name");
            if (!known.contains(name.text())) {
                name.invalid(name.text(), "must match the name of an entry in `spec.resourceClaims`");
            }
            if (!seen.add(name.text())) {
                name.duplicate();
            }
            if (status.get("resourceClaimName").isSet()) {
                String claim = status.get("resourceClaimName").text();
                NameRules.subdomain(claim).forEach(problem -> name.invalid(claim, problem));
            }
        }
    }

    private static void checkAddresses(Field addresses, String type) {
        List<Field> all = addresses.items();
        int before = addresses.causes().size();
        int families = 0;
        for (Field address : all) {
            String text = address.get("ip").text();
            Field shown = Field.alias(address, Json.MAPPER.getNodeFactory().textNode(text));
            IpRules.address(shown);
            families |=
                    IpAddress.parse(text).map(parsed -> parsed.isIpv6() ? 2 : 1).orElse(0);
        }
        if (all.size() < 2 || addresses.causes().size() > before) {
            return;
        }
        if (families != 3 || all.size() > 2) {
            var list = Json.MAPPER.createArrayNode();
            all.forEach(address -> list.add(InternalForm.of(type, address.value())));
            addresses.invalid(list, "may specify no more than one IP for each IP family");
        }
        Set<String> seen = new HashSet<>();
        for (Field address : all) {
            if (!seen.add(address.get("ip").text())) {
                address.duplicate(InternalForm.of(type, address.value()));
            }
        }
    }

    private static void checkUsers(Field statuses, String os) {
        for (Field status : statuses.items()) {
            Field user = Field.at(status, "linux", status.get("user"));
            if (!user.isSet()) {
                continue;
            }
            if (os.equals("windows")) {
                user.forbidden("cannot be set for a windows pod");
                continue;
            }
            user.get("uid").requireBetween(0, Integer.MAX_VALUE);
            user.get("gid").requireBetween(0, Integer.MAX_VALUE);
            user.get("supplementalGroups").items().forEach(group -> group.requireBetween(0, Integer.MAX_VALUE));
        }
    }

    private static void checkAllocated(Field statuses, JsonNode containers) {
        Map<String, JsonNode> byName = new HashMap<>();
        containers.forEach(container -> byName.put(container.path("name").asText(""), container));
        for (Field status : statuses.items()) {
            JsonNode container = byName.get(status.get("name").text());
            for (Field resource : status.get("allocatedResourcesStatus").items()) {
                if (container != null) {
                    checkAllocatedName(resource.get("name"), container.path("resources"));
                }
                Set<String> ids = new HashSet<>();
                for (Field device : resource.get("resources").items()) {
                    if (!HEALTH.contains(device.get("health").text())) {
                        device.get("health").notSupported(HEALTH);
                    }
                    if (!ids.add(device.get("resourceID").text())) {
                        device.get("resourceID").duplicate();
                    }
                }
            }
        }
    }

    private static void checkAllocatedName(Field name, JsonNode resources) {
        if (!name.text().startsWith("claim:")) {
            if (!resources.path("requests").has(name.text())) {
                name.invalid("must match one of the container's resource requests");
            }
            return;
        }
        for (JsonNode claim : resources.path("claims")) {
            String request = claim.path("request").asText("");
            String shown = "claim:" + claim.path("name").asText("") + (request.isEmpty() ? "" : "/" + request);
            if (shown.equals(name.text())) {
                return;
            }
        }
        name.invalid("must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or"
                + " 'claim:<claimName>' if request is empty");
    }
}
