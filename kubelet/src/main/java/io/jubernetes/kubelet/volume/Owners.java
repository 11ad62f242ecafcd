package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Who uses a pod's volumes.
final class Owners {
    private Owners() {}

    /// The user that all of a pod's containers are said to run as; null when they differ or do not say.
    static @Nullable Integer commonUser(Pod pod) {
        var security = pod.getSpec().getSecurityContext();
        Long podUser = security == null ? null : security.getRunAsUser();
        Long common = null;
        for (Container container : (Iterable<Container>) Stream.concat(
                pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())::iterator) {
            var own = container.getSecurityContext();
            Long user = own != null && own.getRunAsUser() != null ? own.getRunAsUser() : podUser;
            if (user == null || common != null && !common.equals(user)) {
                return null;
            }
            common = user;
        }
        return common == null ? null : common.intValue();
    }
}
