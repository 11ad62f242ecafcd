package io.jubernetes.controllermanager.rootca;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.PodControl;
import java.util.Map;

/// Every active namespace has a config map `kube-root-ca.crt` with the cluster's authority in it.
public final class RootCaController {
    static final String NAME = "kube-root-ca.crt";
    private static final String KEY = "ca.crt";

    private RootCaController() {}

    public static Controller create(String name, ControllerContext context) {
        String pem = RootCa.of(context);
        Informed<Namespace> namespaces = context.informers().of(Namespace.class);
        Informed<ConfigMap> maps = context.informers()
                .of(
                        ConfigMap.class,
                        NAME,
                        client -> client.configMaps().inAnyNamespace().withField("metadata.name", NAME));
        WorkQueue<ObjectKey> queue = context.queue(name);
        namespaces.listenAny(namespace -> queue.add(ObjectKey.of(namespace)));
        maps.listenAny(map -> queue.add(new ObjectKey("", map.getMetadata().getNamespace())));
        return Controller.of(context.runner(name, queue, (key, _) -> {
            namespaces
                    .find(key)
                    .filter(namespace -> namespace.getMetadata().getDeletionTimestamp() == null)
                    .ifPresent(_ -> publish(
                            context,
                            key.name(),
                            maps.find(new ObjectKey(key.name(), NAME)).orElse(null),
                            pem));
            return Result.done();
        }));
    }

    private static void publish(
            ControllerContext context,
            String namespace,
            @org.jspecify.annotations.Nullable ConfigMap there,
            String pem) {
        var data = Map.of(KEY, pem);
        try {
            if (there == null) {
                context.client()
                        .resource(new ConfigMapBuilder()
                                .withNewMetadata()
                                .withNamespace(namespace)
                                .withName(NAME)
                                .withAnnotations(Map.of(
                                        "kubernetes.io/description",
                                        "Certificates by which clients inside the cluster verify the API server."))
                                .endMetadata()
                                .withData(data)
                                .build())
                        .create();
            } else if (!data.equals(there.getData())) {
                context.client()
                        .resource(there.toBuilder().withData(data).build())
                        .update();
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && !PodControl.isNamespaceTerminating(e)) {
                throw e;
            }
        }
    }
}
