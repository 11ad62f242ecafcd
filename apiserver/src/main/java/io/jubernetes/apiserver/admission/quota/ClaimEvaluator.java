package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.meta.Quantity;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The number of volume claims and the storage they ask for, in all and of each storage class.
final class ClaimEvaluator implements Evaluator {
    private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
    private static final String OF_CLASS = ".storageclass.storage.k8s.io/";
    private static final String COUNT = "persistentvolumeclaims";
    private static final String STORAGE = "requests.storage";

    @Override
    public boolean handles(AdmissionRequest request) {
        return request.isMain() && request.isWrite();
    }

    @Override
    public boolean measures(String limit) {
        return limit.equals("count/" + COUNT)
                || limit.equals(COUNT)
                || limit.equals(STORAGE)
                || limit.endsWith(OF_CLASS + COUNT)
                || limit.endsWith(OF_CLASS + STORAGE);
    }

    @Override
    public boolean isIn(JsonNode requirement, ObjectNode claim) {
        if (!requirement.path("scopeName").asText().equals("VolumeAttributesClass")) {
            return false;
        }
        // While a claim moves from one class to another it counts for all of them.
        JsonNode status = claim.path("status");
        Set<String> classes = new TreeSet<>();
        classes.add(claim.path("spec").path("volumeAttributesClassName").asText(""));
        classes.add(status.path("currentVolumeAttributesClassName").asText(""));
        classes.add(status.path("modifyVolumeStatus")
                .path("targetVolumeAttributesClassName")
                .asText(""));
        if (classes.size() > 1) {
            classes.remove("");
        }
        return classes.stream().anyMatch(name -> Scopes.selects(requirement, name));
    }

    @Override
    public Map<String, Quantity> usage(ObjectNode claim) {
        Map<String, Quantity> usage = new TreeMap<>();
        Quantity one = Quantity.of(1);
        usage.put("count/" + COUNT, one);
        usage.put(COUNT, one);
        String storageClass = Meta.annotations(claim)
                .getOrDefault(
                        CLASS_ANNOTATION,
                        claim.path("spec").path("storageClassName").asText(""));
        if (!storageClass.isEmpty()) {
            usage.put(storageClass + OF_CLASS + COUNT, one);
        }
        Quantity asked = storage(claim.path("spec").path("resources").path("requests"), Quantity.ZERO);
        // A claim that could not shrink back after a failed expansion still uses what was allocated.
        Quantity allocated = storage(claim.path("status").path("allocatedResources"), Quantity.ZERO);
        Quantity storage = allocated.compareTo(asked) > 0 ? allocated : asked;
        if (storage.signum() != 0) {
            usage.put(STORAGE, storage);
            if (!storageClass.isEmpty()) {
                usage.put(storageClass + OF_CLASS + STORAGE, storage);
            }
        }
        return usage;
    }

    private static Quantity storage(JsonNode amounts, Quantity otherwise) {
        return Quantity.tryParse(amounts.path("storage").asText("")).orElse(otherwise);
    }
}
