package io.jubernetes.controllermanager.testing;

import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Decides what goes wrong on the way to the API server, by chance from a seed; after a number of
/// misfortunes nothing does any more. Thread-safe.
public final class Mischief {
    /// What may become of a request.
    enum OfRequest {
        NOTHING,
        /// It does not arrive: 503.
        UNAVAILABLE,
        /// It does not arrive: too many requests.
        TOO_MANY,
        /// Somebody else was faster, says the answer.
        CONFLICT,
        /// It is carried out, but the answer is lost.
        LOST_ANSWER
    }

    /// What may become of an event of a watch.
    enum OfEvent {
        NOTHING,
        /// It comes twice.
        TWICE,
        /// The connection breaks just before it.
        CUT,
        /// The server no longer knows what happened since: everything must be listed again.
        EXPIRED
    }

    private final RandomGenerator random;
    private int left; // guarded by this

    private Mischief(long seed, int most) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        this.left = most;
    }

    /// Nothing goes wrong.
    public static Mischief none() {
        return new Mischief(0, 0);
    }

    /// @param most how many things go wrong at most
    public static Mischief of(long seed, int most) {
        return new Mischief(seed, most);
    }

    synchronized OfRequest ofRequest(String method, boolean isEvent) {
        int chance = left > 0 && !isEvent ? random.nextInt(100) : 100;
        OfRequest choice = switch (method) {
            case "GET" -> chance < 6 ? OfRequest.UNAVAILABLE : OfRequest.NOTHING;
            case "POST", "DELETE" ->
                chance < 12
                        ? OfRequest.UNAVAILABLE
                        : chance < 16 ? OfRequest.TOO_MANY : chance < 28 ? OfRequest.LOST_ANSWER : OfRequest.NOTHING;
            default ->
                chance < 15
                        ? OfRequest.CONFLICT
                        : chance < 22 ? OfRequest.UNAVAILABLE : chance < 30 ? OfRequest.LOST_ANSWER : OfRequest.NOTHING;
        };
        left -= choice == OfRequest.NOTHING ? 0 : 1;
        return choice;
    }

    synchronized OfEvent ofEvent() {
        int chance = left > 0 ? random.nextInt(100) : 100;
        OfEvent choice = chance < 12
                ? OfEvent.TWICE
                : chance < 17 ? OfEvent.CUT : chance < 20 ? OfEvent.EXPIRED : OfEvent.NOTHING;
        left -= choice == OfEvent.NOTHING ? 0 : 1;
        return choice;
    }

    /// For how long an event is held back; watches of other kinds overtake it meanwhile.
    synchronized Duration delay() {
        return left > 0 && random.nextInt(3) == 0 ? Duration.ofMillis(random.nextInt(40)) : Duration.ZERO;
    }
}
