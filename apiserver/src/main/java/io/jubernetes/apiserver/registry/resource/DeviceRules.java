package io.jubernetes.apiserver.registry.resource;

import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold for claims of devices, whether they stand in a claim or in a template.
final class DeviceRules {
    private static final int MAX_REQUESTS = 32;
    private static final int MAX_ALTERNATIVES = 8;
    private static final int MAX_DRIVER = 63;

    private DeviceRules() {}

    /// Completes what the claim leaves out.
    ///
    /// @param spec of a claim
    static void applyDefaults(ObjectNode spec) {
        for (ObjectNode request : Meta.items(Meta.child(spec, "devices"), "requests")) {
            if (request.get("exactly") instanceof ObjectNode exactly) {
                defaultRequest(exactly);
            }
            Meta.items(request, "firstAvailable").forEach(DeviceRules::defaultRequest);
        }
    }

    private static void defaultRequest(ObjectNode request) {
        Meta.defaultTo(request, "allocationMode", "ExactCount");
        if (request.path("allocationMode").asText("").equals("ExactCount")
                && request.path("count").asLong(0) == 0) {
            request.put("count", 1);
        }
    }

    /// Reports everything wrong with a claim's spec.
    static void check(Field spec) {
        Field devices = spec.get("devices");
        Field requests = devices.get("requests");
        checkSize(requests, MAX_REQUESTS);
        Set<String> names = new HashSet<>();
        Set<String> parts = new HashSet<>();
        for (Field request : requests.items()) {
            checkRequest(request);
            checkUnique(request.get("name"), names);
            request.get("firstAvailable")
                    .items()
                    .forEach(part -> parts.add(
                            request.get("name").text() + "/" + part.get("name").text()));
        }
        parts.addAll(names);
        Field constraints = devices.get("constraints");
        checkSize(constraints, MAX_REQUESTS);
        for (Field constraint : constraints.items()) {
            checkReferences(constraint.get("requests"), parts);
            if (!constraint.get("matchAttribute").isSet()
                    && !constraint.get("distinctAttribute").isSet()) {
                constraint.get("matchAttribute").required("");
            }
        }
        Field configs = devices.get("config");
        checkSize(configs, MAX_REQUESTS);
        for (Field config : configs.items()) {
            checkReferences(config.get("requests"), parts);
            checkConfiguration(config);
        }
    }

    /// Reports a list that is too long.
    static void checkSize(Field list, int most) {
        if (list.items().size() > most) {
            list.tooMany(list.items().size(), most);
        }
    }

    /// Reports a name that a set has already, and adds it.
    static void checkUnique(Field name, Set<String> seen) {
        if (!seen.add(name.text())) {
            name.duplicate();
        }
    }

    private static void checkRequest(Field request) {
        request.get("name").requireForm(NameRules::label);
        Field exactly = request.get("exactly");
        Field alternatives = request.get("firstAvailable");
        checkSize(alternatives, MAX_ALTERNATIVES);
        Set<String> names = new HashSet<>();
        for (Field alternative : alternatives.items()) {
            alternative.get("name").requireForm(NameRules::label);
            checkAllocation(alternative);
            checkUnique(alternative.get("name"), names);
        }
        if (exactly.isSet()) {
            checkAllocation(exactly);
        }
        if (exactly.isSet() && !alternatives.isEmpty()) {
            request.invalid(
                    NullNode.getInstance(),
                    "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
        } else if (!exactly.isSet() && alternatives.isEmpty()) {
            request.required("exactly one of `exactly` or `firstAvailable` is required");
        }
    }

    private static void checkAllocation(Field request) {
        Field type = request.get("deviceClassName");
        if (type.requireValue()) {
            type.requireForm(NameRules::subdomain);
        }
        SelectorRules.check(request.get("selectors"));
        Field count = request.get("count");
        switch (request.get("allocationMode").text()) {
            case "All" -> {
                if (count.number() != 0) {
                    count.invalid("must not be specified when allocationMode is 'All'");
                }
            }
            case "ExactCount" -> {
                if (count.number() <= 0) {
                    count.invalid("must be greater than zero");
                }
            }
            default -> request.get("allocationMode").requireListed(List.of("All", "ExactCount"));
        }
    }

    private static void checkReferences(Field requests, Set<String> names) {
        checkSize(requests, MAX_REQUESTS);
        Set<String> seen = new HashSet<>();
        for (Field request : requests.items()) {
            if (!names.contains(request.text())) {
                request.invalid("must be the name of a request in the claim or the name of a request and a subrequest"
                        + " separated by '/'");
            }
            checkUnique(request, seen);
        }
    }

    /// Checks what is passed on to a driver.
    static void checkConfiguration(Field config) {
        Field opaque = config.get("opaque");
        if (!opaque.isSet()) {
            opaque.required("");
            return;
        }
        checkDriver(opaque.get("driver"));
        if (!opaque.get("parameters").isSet()) {
            opaque.get("parameters").required("");
        } else if (!opaque.get("parameters").value().isObject()) {
            opaque.get("parameters").invalid("must be a valid JSON object");
        }
    }

    /// Checks the name of a driver.
    static void checkDriver(Field driver) {
        if (!driver.requireValue()) {
            return;
        }
        if (driver.text().length() > MAX_DRIVER) {
            driver.tooLong(MAX_DRIVER);
        }
        driver.requireForm(NameRules::subdomain);
    }
}
