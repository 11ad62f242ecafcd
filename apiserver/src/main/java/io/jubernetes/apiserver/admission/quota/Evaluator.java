package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.common.meta.Quantity;
import java.util.Map;
import java.util.Set;

/// Measures one sort of objects under the names quotas use. Stateless and thread-safe.
interface Evaluator {
    /// Whether such a write can change what is used.
    boolean handles(AdmissionRequest request);

    /// Whether these objects use what a quota limits under a name.
    boolean measures(String limit);

    /// Whether an object is in a scope; those without scopes are in none.
    ///
    /// @param requirement a `scopeName`, an `operator` and `values`
    default boolean isIn(JsonNode requirement, ObjectNode object) {
        return false;
    }

    Map<String, Quantity> usage(ObjectNode object);

    /// What an object must state so that it can be held to the limits and does not; empty when nothing is missing.
    default String missing(Set<String> limits, ObjectNode object) {
        return "";
    }

    /// Counts the objects of a resource.
    ///
    /// @param resource such as `secrets` or `deployments.apps`
    record Count(String resource) implements Evaluator {
        /// Counted under their plain names too, as in the first versions.
        private static final Set<String> PLAIN =
                Set.of("configmaps", "resourcequotas", "replicationcontrollers", "secrets");

        @Override
        public boolean handles(AdmissionRequest request) {
            return request.operation() == Operation.CREATE;
        }

        @Override
        public boolean measures(String limit) {
            return limit.equals("count/" + resource) || PLAIN.contains(resource) && limit.equals(resource);
        }

        @Override
        public Map<String, Quantity> usage(ObjectNode object) {
            Quantity one = Quantity.of(1);
            return PLAIN.contains(resource)
                    ? Map.of("count/" + resource, one, resource, one)
                    : Map.of("count/" + resource, one);
        }
    }
}
