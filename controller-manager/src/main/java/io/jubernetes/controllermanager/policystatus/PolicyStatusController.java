package io.jubernetes.controllermanager.policystatus;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ExpressionWarning;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicy;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.List;

/// Checks each new generation of a policy once and applies the warnings to its status.
public final class PolicyStatusController {
    private static final String APPLY_PATCH = "application/apply-patch+yaml";

    private PolicyStatusController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<ValidatingAdmissionPolicy> policies = context.informers().of(ValidatingAdmissionPolicy.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        policies.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            policies.find(key).filter(policy -> !isChecked(policy)).ifPresent(policy -> check(name, context, policy));
            return Result.done();
        }));
    }

    private static boolean isChecked(ValidatingAdmissionPolicy policy) {
        Long seen = policy.getStatus() == null ? null : policy.getStatus().getObservedGeneration();
        return seen != null && seen >= policy.getMetadata().getGeneration();
    }

    private static void check(String manager, ControllerContext context, ValidatingAdmissionPolicy policy) {
        var checker = new TypeChecker(new PublishedTypes(context.raw()));
        ObjectNode status = status(policy, checker.check(policy.getSpec()));
        String path = RawApi.path(policy) + "/status?force=true&fieldManager=" + manager;
        try {
            context.raw().patch(path, APPLY_PATCH, status);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
            // Deleted meanwhile.
        }
    }

    static ObjectNode status(ValidatingAdmissionPolicy policy, List<ExpressionWarning> warnings) {
        ObjectNode applied =
                Json.object().put("apiVersion", policy.getApiVersion()).put("kind", policy.getKind());
        applied.putObject("metadata").put("name", policy.getMetadata().getName());
        ObjectNode status = applied.putObject("status")
                .put("observedGeneration", policy.getMetadata().getGeneration());
        ObjectNode checking = status.putObject("typeChecking");
        if (!warnings.isEmpty()) {
            ArrayNode list = checking.putArray("expressionWarnings");
            warnings.forEach(warning ->
                    list.addObject().put("fieldRef", warning.getFieldRef()).put("warning", warning.getWarning()));
        }
        return applied;
    }
}
