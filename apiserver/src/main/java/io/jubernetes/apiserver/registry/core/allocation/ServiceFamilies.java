package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.core.ServiceAddressRules;
import io.jubernetes.apiserver.registry.core.ServiceFields;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides which families of addresses a Service gets, from what it asks for and what the cluster has.
///
/// @param families those of the cluster, the default first
record ServiceFamilies(List<String> families) {
    /// @throws ApiException when the cluster cannot give what is asked for
    void initialize(ObjectNode service, @Nullable ObjectNode old) {
        ObjectNode spec = Meta.child(service, "spec");
        if (spec.path("type").asText("").equals("ExternalName")) {
            return;
        }
        Field root = Field.root(service);
        Field field = root.get("spec");
        ServiceAddressRules.check(field);
        stopIfWrong(service, root);
        String policy = spec.path("ipFamilyPolicy").asText("");
        release(spec, old, policy);
        boolean single = policy.isEmpty() || policy.equals("SingleStack");
        String several = "must be 'RequireDualStack' or 'PreferDualStack' when multiple ";
        if (single && spec.path("clusterIPs").size() > 1) {
            field.get("ipFamilyPolicy").invalid("SingleStack", several + "cluster IPs are specified");
        }
        if (single && spec.path("ipFamilies").size() > 1) {
            field.get("ipFamilyPolicy").invalid("SingleStack", several + "IP families are specified");
        }
        stopIfWrong(service, root);
        fromAddresses(spec, field);
        stopIfWrong(service, root);
        if (ServiceFields.isHeadless(spec) && spec.path("selector").isEmpty()) {
            // Endpoints written by hand may be of any family, whatever the cluster has.
            Meta.defaultTo(spec, "ipFamilyPolicy", "RequireDualStack");
            complete(spec, List.of("IPv4", "IPv6"));
            return;
        }
        if (policy.equals("RequireDualStack") && families.size() < 2) {
            field.get("ipFamilyPolicy").invalid("this cluster is not configured for dual-stack services");
        }
        for (Field family : field.get("ipFamilies").items()) {
            if (!families.contains(family.text())) {
                family.invalid("not configured on this cluster");
            }
        }
        stopIfWrong(service, root);
        Meta.defaultTo(spec, "ipFamilyPolicy", "SingleStack");
        complete(spec, families);
    }

    private static void stopIfWrong(ObjectNode service, Field root) {
        if (!root.causes().isEmpty()) {
            throw ApiException.invalid("", "Service", Meta.name(service), new ArrayList<>(root.causes()));
        }
    }

    /// A policy that goes back to one family gives up the second address.
    private static void release(ObjectNode spec, @Nullable ObjectNode old, String policy) {
        if (old == null || !policy.equals("SingleStack")) {
            return;
        }
        for (String list : List.of("clusterIPs", "ipFamilies")) {
            JsonNode before = old.path("spec").path(list);
            if (before.size() == 2
                    && Meta.same(before, spec.path(list))
                    && spec.get(list) instanceof ArrayNode values) {
                values.remove(1);
            }
        }
    }

    private void fromAddresses(ObjectNode spec, Field field) {
        JsonNode addresses = spec.path("clusterIPs");
        for (int i = 0; i < addresses.size(); i++) {
            String address = addresses.path(i).asText();
            if (address.equals("None")) {
                return;
            }
            String family = ServiceAddressRules.family(address).orElse("");
            if (!families.contains(family)) {
                field.get("clusterIPs").at(i).invalid(addresses, family + " is not configured on this cluster");
            } else if (spec.path("ipFamilies").size() <= i) {
                list(spec).add(family);
            }
        }
    }

    private void complete(ObjectNode spec, List<String> possible) {
        ArrayNode chosen = list(spec);
        if (chosen.isEmpty()) {
            chosen.add(families.getFirst());
        }
        if (!spec.path("ipFamilyPolicy").asText("").equals("SingleStack") && chosen.size() == 1) {
            for (String family : possible) {
                if (!family.equals(chosen.path(0).asText())) {
                    chosen.add(family);
                    return;
                }
            }
        }
    }

    private static ArrayNode list(ObjectNode spec) {
        return spec.get("ipFamilies") instanceof ArrayNode list ? list : spec.putArray("ipFamilies");
    }
}
