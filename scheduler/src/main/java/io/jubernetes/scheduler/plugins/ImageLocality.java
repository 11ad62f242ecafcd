package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Container;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import java.util.List;

/// Prefers nodes that have the pod's images already, weighed by size and by how many nodes have them, so that one
/// node with a rare image does not draw all its pods.
public final class ImageLocality implements PreScorePlugin, ScorePlugin {
    private static final long MEBIBYTE = 1024 * 1024;
    private static final long MIN_THRESHOLD = 23 * MEBIBYTE;
    private static final long MAX_CONTAINER_THRESHOLD = 1000 * MEBIBYTE;

    private final Nodes nodes;

    public ImageLocality(Nodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public String name() {
        return "ImageLocality";
    }

    /// Nowhere is nowhere better.
    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> feasible) {
        return isAnywhere(pod.pod().getSpec().getContainers())
                || isAnywhere(pod.pod().getSpec().getInitContainers());
    }

    private boolean isAnywhere(List<Container> containers) {
        for (Container container : containers) {
            if (nodes.imageSpread(normalized(container.getImage())) > 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        List<Container> containers = pod.pod().getSpec().getContainers();
        List<Container> initContainers = pod.pod().getSpec().getInitContainers();
        long sum = present(containers, node) + present(initContainers, node);
        long max = MAX_CONTAINER_THRESHOLD * (containers.size() + initContainers.size());
        long bounded = Math.clamp(sum, MIN_THRESHOLD, Math.max(max, MIN_THRESHOLD + 1));
        return MAX_SCORE * (bounded - MIN_THRESHOLD) / Math.max(1, max - MIN_THRESHOLD);
    }

    private long present(List<Container> containers, NodeInfo node) {
        long sum = 0;
        for (Container container : containers) {
            String image = normalized(container.getImage());
            Long size = node.images().get(image);
            if (size != null) {
                sum += (long) (size * ((double) nodes.imageSpread(image) / Math.max(1, nodes.size())));
            }
        }
        return sum;
    }

    /// An image without a tag is the one tagged `latest`.
    static String normalized(String image) {
        return image.lastIndexOf(':') <= image.lastIndexOf('/') ? image + ":latest" : image;
    }
}
