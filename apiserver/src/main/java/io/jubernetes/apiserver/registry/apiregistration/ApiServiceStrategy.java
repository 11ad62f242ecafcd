package io.jubernetes.apiserver.registry.apiregistration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.time.InstantSource;
import java.util.List;

/// Who serves an API version: this server, or a service in the cluster.
public final class ApiServiceStrategy extends CheckedStrategy {
    private static final int MAX_GROUP_PRIORITY = 20_000;
    private static final int MAX_VERSION_PRIORITY = 1000;
    private static final int MAX_PORT = 65_535;
    private static final int DEFAULT_PORT = 443;
    private static final Table TABLE = Columns.named()
            .text("Service", ApiServiceStrategy::server)
            .text("Available", ApiServiceStrategy::availability)
            .age();

    private final InstantSource clock;

    public ApiServiceStrategy(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode service) {
        if (service.path("spec").path("service") instanceof ObjectNode reference) {
            Meta.defaultTo(reference, "port", DEFAULT_PORT);
        }
    }

    @Override
    public void prepareForCreate(ObjectNode service) {
        ObjectNode status = service.putObject("status");
        if (!service.path("spec").path("service").isObject()) {
            status.putArray("conditions")
                    .addObject()
                    .put("type", "Available")
                    .put("status", "True")
                    .put("lastTransitionTime", ApiTime.seconds(clock.instant()))
                    .put("reason", "Local")
                    .put("message", "Local APIServices are always available");
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field group = spec.get("group");
        Field version = spec.get("version");
        String wanted = version.text() + "." + group.text();
        Field name = item.get("metadata").get("name");
        if (!name.text().equals(wanted)) {
            name.invalid("must be `spec.version+\".\"+spec.group`: \"" + wanted + "\"");
        }
        if (group.isEmpty()) {
            if (!version.text().equals("v1")) {
                group.required("only v1 may have an empty group and it better be legacy kube");
            }
        } else {
            group.requireForm(NameRules::subdomain);
        }
        version.invalid(NameRules.label1035(version.text()));
        checkPriority(spec.get("groupPriorityMinimum"), MAX_GROUP_PRIORITY);
        checkPriority(spec.get("versionPriority"), MAX_VERSION_PRIORITY);
        checkServer(spec);
    }

    private static void checkPriority(Field priority, int most) {
        if (priority.number() <= 0 || priority.number() > most) {
            priority.invalid(priority.number(), "must be positive and less than " + most);
        }
    }

    private static void checkServer(Field spec) {
        Field service = spec.get("service");
        Field insecure = spec.get("insecureSkipTLSVerify");
        Field bundle = spec.get("caBundle");
        if (!service.isSet()) {
            if (!bundle.isEmpty()) {
                int length = java.util.Base64.getDecoder().decode(bundle.text()).length;
                bundle.invalid(length + " bytes", "local APIServices may not have a caBundle");
            }
            if (insecure.isTrue()) {
                insecure.invalid("local APIServices may not have insecureSkipTLSVerify");
            }
            return;
        }
        for (String part : List.of("namespace", "name")) {
            if (service.get(part).isEmpty()) {
                service.get(part).required("");
            }
        }
        Field port = service.get("port");
        if (port.number() < 1 || port.number() > MAX_PORT) {
            port.invalid("port is not valid: must be between 1 and 65535, inclusive");
        }
        if (insecure.isTrue() && !bundle.isEmpty()) {
            insecure.invalid("may not be true if caBundle is present");
        }
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        for (Field condition : item.get("status").get("conditions").items()) {
            condition.get("status").requireListed(List.of("True", "False", "Unknown"));
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }

    private static String server(JsonNode item) {
        JsonNode service = item.path("spec").path("service");
        return service.isObject()
                ? service.path("namespace").asText("") + "/"
                        + service.path("name").asText("")
                : "Local";
    }

    private static String availability(JsonNode item) {
        for (JsonNode condition : item.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals("Available")) {
                String status = condition.path("status").asText("");
                String reason = condition.path("reason").asText("");
                return status.equals("True") || reason.isEmpty() ? status : status + " (" + reason + ")";
            }
        }
        return "Unknown";
    }
}
