package io.jubernetes.apiserver.flowcontrol;

import java.util.concurrent.ThreadLocalRandom;

/// Deals each flow its queues: always the same ones, as if at random. So two flows hardly ever share all of them, and
/// one that floods its queues leaves every other flow a queue of its own.
final class FlowHash {
    /// So that nobody can work out which user name meets which others.
    private static final long SEED = ThreadLocalRandom.current().nextLong();

    private FlowHash() {}

    /// A number for a flow of a schema.
    static long of(String schema, String distinguisher) {
        return mix(mix(SEED, schema), distinguisher);
    }

    private static long mix(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        // The end counts too, so that ("ab", "c") is not ("a", "bc").
        hash = (hash ^ ~text.length()) * 0xBF58476D1CE4E5B9L;
        return hash ^ hash >>> 32;
    }

    /// The queues of a flow.
    ///
    /// @param queues how many there are
    /// @param size how many of them the flow gets, at most all
    static int[] hand(long hash, int queues, int size) {
        int[] hand = new int[Math.min(size, queues)];
        long rest = hash;
        for (int dealt = 0; dealt < hand.length; dealt++) {
            int left = queues - dealt;
            int card = (int) Long.remainderUnsigned(rest, left);
            rest = Long.divideUnsigned(rest, left);
            // The card counts among those left: it lies behind every smaller one that is dealt already.
            int place = 0;
            while (place < dealt && hand[place] <= card) {
                card++;
                place++;
            }
            System.arraycopy(hand, place, hand, place + 1, dealt - place);
            hand[place] = card;
        }
        return hand;
    }
}
