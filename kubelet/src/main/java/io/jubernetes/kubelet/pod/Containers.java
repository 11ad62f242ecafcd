package io.jubernetes.kubelet.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerRestartRule;
import io.fabric8.kubernetes.api.model.EphemeralContainer;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Questions about a pod's containers.
public final class Containers {
    static final String ALWAYS = "Always";
    static final String ON_FAILURE = "OnFailure";
    static final String NEVER = "Never";

    private Containers() {}

    static List<Container> init(Pod pod) {
        return pod.getSpec().getInitContainers();
    }

    static List<Container> main(Pod pod) {
        return pod.getSpec().getContainers();
    }

    /// Containers added for a look at a running pod, as if they were usual ones. They are started once.
    static List<Container> ephemeral(Pod pod) {
        List<EphemeralContainer> all = pod.getSpec().getEphemeralContainers();
        if (all == null || all.isEmpty()) {
            return List.of();
        }
        return all.stream()
                .map(container -> {
                    ObjectNode tree = Json.tree(container);
                    tree.remove("targetContainerName");
                    return Json.as(tree, Container.class);
                })
                .toList();
    }

    /// The container whose processes an ephemeral one wants to see.
    static Optional<String> target(Pod pod, String ephemeral) {
        return pod.getSpec().getEphemeralContainers().stream()
                .filter(container -> container.getName().equals(ephemeral))
                .map(EphemeralContainer::getTargetContainerName)
                .filter(name -> name != null && !name.isEmpty())
                .findFirst();
    }

    /// Every container of the pod: init containers, main ones, ephemeral ones.
    public static List<Container> all(Pod pod) {
        var all = new ArrayList<>(init(pod));
        all.addAll(main(pod));
        all.addAll(ephemeral(pod));
        return all;
    }

    /// A container by name, of whatever sort.
    public static Optional<Container> named(Pod pod, String name) {
        return all(pod).stream()
                .filter(container -> container.getName().equals(name))
                .findFirst();
    }

    static boolean isEphemeral(Pod pod, String name) {
        return pod.getSpec().getEphemeralContainers().stream()
                .anyMatch(container -> container.getName().equals(name));
    }

    static boolean isInit(Pod pod, String name) {
        return init(pod).stream().anyMatch(container -> container.getName().equals(name));
    }

    /// An init container that runs beside the others.
    static boolean isSidecar(Container initContainer) {
        return ALWAYS.equals(initContainer.getRestartPolicy());
    }

    static String restartPolicy(Pod pod) {
        String policy = pod.getSpec().getRestartPolicy();
        return policy == null ? ALWAYS : policy;
    }

    /// The restart policy that counts for one container.
    static String restartPolicy(Pod pod, Container container) {
        String own = container.getRestartPolicy();
        return own != null && !own.isEmpty() ? own : restartPolicy(pod);
    }

    /// Whether a container that has ended is to run again. As in init containers, "always" means "until it
    /// succeeds" unless it is a sidecar.
    static boolean restarts(Pod pod, Container container, ContainerInfo ended, boolean init) {
        return restarts(pod, container, ended.exitCode(), init);
    }

    /// As above for an exit code. A container's own policy goes before the pod's, its own rules before both.
    static boolean restarts(Pod pod, Container container, int exitCode, boolean init) {
        if (ruleFor(container, exitCode).isPresent()) {
            return true;
        }
        return switch (restartPolicy(pod, container)) {
            case NEVER -> false;
            case ON_FAILURE -> exitCode != 0;
            default -> !init || isSidecar(container) || exitCode != 0;
        };
    }

    /// The first of a container's restart rules that an exit code meets; all actions there are restart it.
    static Optional<ContainerRestartRule> ruleFor(Container container, int exitCode) {
        String own = container.getRestartPolicy();
        if (own == null || own.isEmpty()) {
            return Optional.empty();
        }
        return container.getRestartPolicyRules().stream()
                .filter(rule -> rule.getExitCodes() != null)
                .filter(rule -> {
                    boolean listed = rule.getExitCodes().getValues().contains(exitCode);
                    return "NotIn".equals(rule.getExitCodes().getOperator()) != listed;
                })
                .findFirst();
    }

    /// The field path that events name a container by.
    public static String fieldPath(Pod pod, Container container) {
        String list = isInit(pod, container.getName())
                ? "initContainers"
                : isEphemeral(pod, container.getName()) ? "ephemeralContainers" : "containers";
        return "spec." + list + "{" + container.getName() + "}";
    }
}
