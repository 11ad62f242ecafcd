package io.jubernetes.controllermanager.serviceaccount;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.PodControl;

/// Every active namespace has a service account called `default`.
public final class ServiceAccountController {
    private static final String DEFAULT = "default";

    private ServiceAccountController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<Namespace> namespaces = context.informers().of(Namespace.class);
        Informed<ServiceAccount> accounts = context.informers().of(ServiceAccount.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        namespaces.listenAny(namespace -> queue.add(ObjectKey.of(namespace)));
        accounts.listen((before, after) -> {
            if (before != null
                    && after == null
                    && before.getMetadata().getName().equals(DEFAULT)) {
                queue.add(new ObjectKey("", before.getMetadata().getNamespace()));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            boolean active = namespaces
                    .find(key)
                    .filter(namespace -> namespace.getMetadata().getDeletionTimestamp() == null)
                    .isPresent();
            if (active && accounts.find(new ObjectKey(key.name(), DEFAULT)).isEmpty()) {
                create(context, key.name());
            }
            return Result.done();
        }));
    }

    private static void create(ControllerContext context, String namespace) {
        try {
            context.client()
                    .resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withNamespace(namespace)
                            .withName(DEFAULT)
                            .endMetadata()
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            // It is there already and the cache does not know yet; or the namespace is going.
            if (e.getCode() != 409 && e.getCode() != 404 && !PodControl.isNamespaceTerminating(e)) {
                throw e;
            }
        }
    }
}
