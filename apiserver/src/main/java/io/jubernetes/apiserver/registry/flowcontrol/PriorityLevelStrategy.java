package io.jubernetes.apiserver.registry.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// Priority levels: how many requests are served at once and what becomes of the others.
public final class PriorityLevelStrategy extends CheckedStrategy {
    private static final int MAX_QUEUES = 10_000_000;
    private static final int MAX_HASH_BITS = 60;
    private static final Table TABLE = Columns.named()
            .text("Type", item -> item.path("spec").path("type").asText(""))
            .text("NominalConcurrencyShares", item -> shares(item.path("spec")))
            .text("Queues", item -> queuing(item, "queues"))
            .text("HandSize", item -> queuing(item, "handSize"))
            .text("QueueLengthLimit", item -> queuing(item, "queueLengthLimit"))
            .age();

    private static Object shares(JsonNode spec) {
        JsonNode shares = spec.path("limited").path("nominalConcurrencyShares");
        return shares.isNumber() ? shares.asLong() : "<none>";
    }

    private static Object queuing(JsonNode item, String field) {
        JsonNode value =
                Meta.at(item, "spec", "limited", "limitResponse", "queuing").path(field);
        return value.isNumber() ? value.asLong() : "<none>";
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        ObjectNode spec = Meta.child(item, "spec");
        if (spec.get("exempt") instanceof ObjectNode exempt) {
            Meta.defaultTo(exempt, "nominalConcurrencyShares", 0);
            Meta.defaultTo(exempt, "lendablePercent", 0);
        }
        if (spec.get("limited") instanceof ObjectNode limited) {
            Meta.defaultTo(limited, "nominalConcurrencyShares", 30);
            Meta.defaultTo(limited, "lendablePercent", 0);
            if (limited.path("limitResponse").path("queuing") instanceof ObjectNode queuing) {
                defaultPositive(queuing, "queues", 64);
                defaultPositive(queuing, "handSize", 8);
                defaultPositive(queuing, "queueLengthLimit", 50);
            }
        }
    }

    private static void defaultPositive(ObjectNode queuing, String field, int value) {
        if (queuing.path(field).asLong(0) == 0) {
            queuing.put(field, value);
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field type = spec.get("type");
        boolean exempt = item.get("metadata").get("name").text().equals("exempt");
        if (exempt != type.text().equals("Exempt")) {
            type.invalid("type must be 'Exempt' if and only if name is 'exempt'");
        }
        Field limited = spec.get("limited");
        switch (type.text()) {
            case "Exempt" -> {
                if (limited.isSet()) {
                    limited.forbidden("must be nil if the type is not Limited");
                }
                checkShares(spec.get("exempt"), 0);
            }
            case "Limited" -> {
                if (spec.get("exempt").isSet()) {
                    spec.get("exempt").forbidden("must be nil if the type is Limited");
                }
                if (limited.isSet()) {
                    checkLimited(limited);
                } else {
                    limited.required("must not be empty when type is Limited");
                }
            }
            default -> type.requireListed(List.of("Exempt", "Limited"));
        }
        FixedSpec.checkLevel(item);
        FlowConditions.check(item.get("status"));
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        FlowConditions.check(item.get("status"));
    }

    private static void checkShares(Field settings, int least) {
        Field shares = settings.get("nominalConcurrencyShares");
        if (shares.isSet() && shares.number() < least) {
            shares.invalid("must be a non-negative integer");
        }
        checkPercent(settings.get("lendablePercent"));
    }

    private static void checkPercent(Field percent) {
        if (percent.isSet() && (percent.number() < 0 || percent.number() > 100)) {
            percent.invalid("must be between 0 and 100, inclusive");
        }
    }

    private static void checkLimited(Field limited) {
        checkShares(limited, 0);
        Field response = limited.get("limitResponse");
        Field queuing = response.get("queuing");
        switch (response.get("type").text()) {
            case "Reject" -> {
                if (queuing.isSet()) {
                    queuing.forbidden("must be nil if limited.limitResponse.type is not Limited");
                }
            }
            case "Queue" -> {
                if (queuing.isSet()) {
                    checkQueuing(queuing);
                } else {
                    queuing.required("must not be empty if limited.limitResponse.type is Limited");
                }
            }
            default -> response.get("type").requireListed(List.of("Queue", "Reject"));
        }
        Field borrowing = limited.get("borrowingLimitPercent");
        if (borrowing.isSet() && borrowing.number() < 0) {
            borrowing.invalid("if specified, must be a non-negative integer");
        }
    }

    private static void checkQueuing(Field queuing) {
        Field length = queuing.get("queueLengthLimit");
        if (length.number() <= 0) {
            length.invalid("must be positive");
        }
        Field queues = queuing.get("queues");
        if (queues.number() <= 0) {
            queues.invalid("must be positive");
        } else if (queues.number() > MAX_QUEUES) {
            queues.invalid("must not be greater than " + MAX_QUEUES);
        }
        Field hand = queuing.get("handSize");
        if (hand.number() <= 0) {
            hand.invalid("must be positive");
        } else if (hand.number() > queues.number()) {
            hand.invalid("should not be greater than queues (" + queues.number() + ")");
        } else if (entropy(queues.number(), hand.number()) > MAX_HASH_BITS) {
            hand.invalid("required entropy bits of deckSize " + queues.number() + " and handSize " + hand.number()
                    + " should not be greater than " + MAX_HASH_BITS);
        }
    }

    /// How many bits a hash needs to deal a hand from a deck.
    private static int entropy(long deck, long hand) {
        return (int) Math.ceil(Math.log((double) deck) / Math.log(2) * (double) hand);
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
