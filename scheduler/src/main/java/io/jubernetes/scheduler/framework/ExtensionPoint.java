package io.jubernetes.scheduler.framework;

import java.util.Optional;

/// The places at which plugins take part, in the order a pod meets them.
public enum ExtensionPoint {
    PRE_ENQUEUE("preEnqueue", PreEnqueuePlugin.class),
    QUEUE_SORT("queueSort", QueueSortPlugin.class),
    PRE_FILTER("preFilter", PreFilterPlugin.class),
    FILTER("filter", FilterPlugin.class),
    POST_FILTER("postFilter", PostFilterPlugin.class),
    PRE_SCORE("preScore", PreScorePlugin.class),
    SCORE("score", ScorePlugin.class),
    RESERVE("reserve", ReservePlugin.class),
    PERMIT("permit", PermitPlugin.class),
    PRE_BIND("preBind", PreBindPlugin.class),
    BIND("bind", BindPlugin.class),
    POST_BIND("postBind", PostBindPlugin.class);

    private final String field;
    private final Class<? extends Plugin> type;

    ExtensionPoint(String field, Class<? extends Plugin> type) {
        this.field = field;
        this.type = type;
    }

    /// The name in configuration files.
    public String field() {
        return field;
    }

    /// The name in metrics, such as `PreFilter`.
    public String label() {
        return Character.toUpperCase(field.charAt(0)) + field.substring(1);
    }

    /// The interface of the plugins that take part here.
    public Class<? extends Plugin> type() {
        return type;
    }

    public static Optional<ExtensionPoint> ofField(String field) {
        for (ExtensionPoint point : values()) {
            if (point.field.equals(field)) {
                return Optional.of(point);
            }
        }
        return Optional.empty();
    }
}
