package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Wakes the Services that a changed pod stands behind, or stood behind.
public final class ServicePodHandler implements ChangeHandler<Pod> {
    private final Lister<Service> services;
    private final Consumer<ObjectKey> wake;

    public ServicePodHandler(Lister<Service> services, Consumer<ObjectKey> wake) {
        this.services = services;
        this.wake = wake;
    }

    @Override
    public void changed(@Nullable Pod before, @Nullable Pod after) {
        if (before != null && after != null && !matters(before, after)) {
            return;
        }
        Pod any = after != null ? after : before;
        if (any == null) {
            return;
        }
        for (Service service : services.inNamespace(any.getMetadata().getNamespace())) {
            if (selects(service, before) || selects(service, after)) {
                wake.accept(ObjectKey.of(service));
            }
        }
    }

    private static boolean selects(Service service, @Nullable Pod pod) {
        return pod != null
                && LabelSelectors.matchesPlain(
                        service.getSpec().getSelector(), pod.getMetadata().getLabels());
    }

    private static boolean matters(Pod before, Pod after) {
        return Pods.isReady(before) != Pods.isReady(after)
                || Pods.isTerminal(before) != Pods.isTerminal(after)
                || Pods.isTerminating(before) != Pods.isTerminating(after)
                || !Objects.equals(
                        before.getSpec().getNodeName(), after.getSpec().getNodeName())
                || !Labels.of(before).equals(Labels.of(after))
                || !Objects.equals(ips(before), ips(after));
    }

    private static @Nullable Object ips(Pod pod) {
        return pod.getStatus() == null
                ? null
                : java.util.List.of(
                        pod.getStatus().getPodIPs(),
                        String.valueOf(pod.getStatus().getPodIP()));
    }
}
