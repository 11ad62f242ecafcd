package io.jubernetes.controllermanager.ttl;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import java.util.concurrent.atomic.AtomicInteger;

/// Tells kubelets how long they may keep secrets and config maps, by an annotation of their node: the longer, the
/// more nodes there are.
public final class NodeTtlController {
    static final String ANNOTATION = "node.alpha.kubernetes.io/ttl";

    /// Sizes overlap, so that a cluster at a border does not go to and fro.
    private enum Size {
        TINY(0, 100, 0),
        SMALL(90, 500, 15),
        MEDIUM(450, 1000, 30),
        LARGE(900, 2000, 60),
        HUGE(1800, Integer.MAX_VALUE, 300);

        private final int from;
        private final int to;
        private final int seconds;

        Size(int from, int to, int seconds) {
            this.from = from;
            this.to = to;
            this.seconds = seconds;
        }
    }

    private final AtomicInteger size = new AtomicInteger();

    private NodeTtlController() {}

    public static Controller create(String name, ControllerContext context) {
        var controller = new NodeTtlController();
        Informed<Node> nodes = context.informers().of(Node.class);
        WorkQueue<ObjectKey> queue = context.queue("ttl");
        nodes.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            int seconds = controller.seconds(nodes.all().size());
            nodes.find(key)
                    .filter(node -> Labels.number(node, ANNOTATION).orElse(-1) != seconds)
                    .ifPresent(node -> annotate(context, node, seconds));
            return Result.done();
        }));
    }

    private int seconds(int nodes) {
        int at = size.updateAndGet(now -> next(now, nodes));
        return Size.values()[at].seconds;
    }

    /// The size a cluster has that had another before.
    static int next(int now, int nodes) {
        int at = now;
        while (nodes > Size.values()[at].to) {
            at++;
        }
        while (nodes < Size.values()[at].from) {
            at--;
        }
        return at;
    }

    private static void annotate(ControllerContext context, Node node, int seconds) {
        var change = Json.object();
        change.putObject("metadata").putObject("annotations").put(ANNOTATION, Integer.toString(seconds));
        try {
            context.raw().patch(RawApi.path(node), RawApi.STRATEGIC_PATCH, change);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
