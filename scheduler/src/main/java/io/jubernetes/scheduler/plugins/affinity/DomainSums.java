package io.jubernetes.scheduler.plugins.affinity;

import java.util.Arrays;

/// A number for each domain of a topology, most of which are 0: an open-addressed table, since a term of a small
/// workload has pods in few of thousands of domains.
final class DomainSums {
    /// Takes one domain and its number.
    @FunctionalInterface
    interface Entry {
        void accept(int domain, long sum);
    }

    private static final int FREE = -1;

    private int[] domains = new int[8];
    private long[] sums = new long[8];
    private int used;

    DomainSums() {
        Arrays.fill(domains, FREE);
    }

    long of(int domain) {
        int mask = domains.length - 1;
        for (int slot = slot(domain, mask); ; slot = slot + 1 & mask) {
            if (domains[slot] == domain) {
                return sums[slot];
            }
            if (domains[slot] == FREE) {
                return 0;
            }
        }
    }

    void add(int domain, long change) {
        int mask = domains.length - 1;
        int slot = slot(domain, mask);
        while (domains[slot] != FREE && domains[slot] != domain) {
            slot = slot + 1 & mask;
        }
        if (domains[slot] == FREE) {
            domains[slot] = domain;
            used++;
        }
        sums[slot] += change;
        if (used * 2 > domains.length) {
            grow();
        }
    }

    void forEach(Entry entry) {
        for (int slot = 0; slot < domains.length; slot++) {
            if (sums[slot] != 0) {
                entry.accept(domains[slot], sums[slot]);
            }
        }
    }

    /// Copies what is not 0, into a larger table if that is still much.
    private void grow() {
        int[] oldDomains = domains;
        long[] oldSums = sums;
        int live = 0;
        for (long sum : oldSums) {
            live += sum == 0 ? 0 : 1;
        }
        int length = 8;
        while (length < live * 4) {
            length *= 2;
        }
        domains = new int[length];
        Arrays.fill(domains, FREE);
        sums = new long[length];
        used = 0;
        for (int slot = 0; slot < oldDomains.length; slot++) {
            if (oldSums[slot] != 0) {
                add(oldDomains[slot], oldSums[slot]);
            }
        }
    }

    private static int slot(int domain, int mask) {
        int mixed = domain * 0x9E3779B9;
        return (mixed ^ mixed >>> 16) & mask;
    }
}
