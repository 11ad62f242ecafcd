package io.jubernetes.controllermanager.namespace;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceStatus;
import io.fabric8.kubernetes.api.model.NamespaceStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.time.Duration;
import java.util.List;

/// Deletes the contents of namespaces that are being deleted, then takes off the finalizer that held them.
public final class NamespaceController {
    private static final String FINALIZER = "kubernetes";
    /// Objects are created in a namespace for a moment after it began to terminate: other API servers have not
    /// seen it.
    private static final Duration SETTLE = Duration.ofMillis(200);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final ControllerContext context;
    private final Informed<Namespace> namespaces;
    private final NamespaceContents contents;

    private NamespaceController(ControllerContext context) {
        this.context = context;
        this.namespaces = context.informers().of(Namespace.class);
        this.contents = new NamespaceContents(context.raw());
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new NamespaceController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.namespaces.listenAny(namespace -> {
            if (isTerminating(namespace)) {
                queue.addAfter(ObjectKey.of(namespace), SETTLE);
            }
        });
        Informed<Pod> pods = context.informers().of(Pod.class);
        pods.listen((before, after) -> {
            if (before != null && after == null) {
                var key = new ObjectKey("", before.getMetadata().getNamespace());
                controller
                        .namespaces
                        .find(key)
                        .filter(NamespaceController::isTerminating)
                        .ifPresent(_ -> queue.addAfter(key, SETTLE));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private static boolean isTerminating(Namespace namespace) {
        return namespace.getMetadata().getDeletionTimestamp() != null;
    }

    private Result reconcile(ObjectKey key) {
        Namespace namespace = namespaces.find(key).orElse(null);
        if (namespace == null
                || !isTerminating(namespace)
                || !namespace.getSpec().getFinalizers().contains(FINALIZER)) {
            return Result.done();
        }
        try {
            NamespaceContents.Left left = contents.delete(key.name());
            if (left.isNothing()) {
                finish(namespace);
                return Result.done();
            }
            explain(namespace, left);
            return Result.again(LOOK_AGAIN);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return Result.done();
            }
            throw e;
        }
    }

    private void explain(Namespace namespace, NamespaceContents.Left left) {
        NamespaceStatus old = namespace.getStatus() == null ? new NamespaceStatus() : namespace.getStatus();
        NamespaceStatus status = new NamespaceStatusBuilder(old)
                .withPhase("Terminating")
                .withConditions(NamespaceConditions.of(
                        old.getConditions(), left, context.clock().instant()))
                .build();
        if (!status.equals(old)) {
            context.client()
                    .resource(namespace.toBuilder().withStatus(status).build())
                    .subresource("status")
                    .update();
        }
    }

    private void finish(Namespace namespace) {
        List<String> finalizers = namespace.getSpec().getFinalizers().stream()
                .filter(finalizer -> !finalizer.equals(FINALIZER))
                .toList();
        context.raw()
                .put(
                        "/api/v1/namespaces/" + namespace.getMetadata().getName() + "/finalize",
                        namespace.toBuilder()
                                .editSpec()
                                .withFinalizers(finalizers)
                                .endSpec()
                                .build());
    }
}
