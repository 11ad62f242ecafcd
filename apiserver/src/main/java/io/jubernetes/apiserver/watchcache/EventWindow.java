package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.StoreException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// A resource's latest events, numbered without gaps, each with the state it led to. One thread appends; cursors
/// read by number and take no lock: a slot knows its number, so that a reader sees when it was overtaken. The
/// ring starts small and doubles up to the window's size.
final class EventWindow {
    private static final int FIRST_CAPACITY = 16;

    private final int maxSize;
    private volatile AtomicReferenceArray<@Nullable Slot> ring = new AtomicReferenceArray<>(FIRST_CAPACITY);
    private volatile long head;

    @GuardedBy("this")
    private long tail;

    /// The state before the first event that is here.
    @GuardedBy("this")
    private Snapshot base;

    /// @param base what the resource held when the window was opened
    /// @param maxSize how many events to keep at most; rounded up to a power of two
    EventWindow(Snapshot base, int maxSize) {
        this.base = base;
        this.maxSize = Math.max(FIRST_CAPACITY, Integer.highestOneBit(Math.max(1, maxSize - 1)) << 1);
    }

    /// @param after the state the event led to
    record Slot(long number, String key, WatchEvent event, Snapshot after, Instant at) {}

    /// The number the next event will have.
    long head() {
        return head;
    }

    /// The event of a number below [#head], or null when it has been dropped.
    @Nullable
    Slot read(long number) {
        AtomicReferenceArray<@Nullable Slot> present = ring;
        Slot slot = present.get((int) number & (present.length() - 1));
        return slot != null && slot.number == number ? slot : null;
    }

    /// @return the event's number
    synchronized long append(WatchEvent event, String key, SortedEntries after, Instant now) {
        if (head - tail == ring.length()) {
            if (ring.length() < maxSize) {
                grow();
            } else {
                dropFirst();
            }
        }
        var slot = new Slot(head, key, event, new Snapshot(after, event.revision()), now);
        ring.set((int) head & (ring.length() - 1), slot);
        return head++; // only this thread writes it
    }

    /// Drops events from before a point in time.
    synchronized void trim(Instant before) {
        while (tail < head) {
            Slot slot = read(tail);
            if (slot == null || !slot.at.isBefore(before)) {
                return;
            }
            dropFirst();
        }
    }

    /// The number of the first event after a revision.
    ///
    /// @throws StoreException.Compacted when events after it may have been dropped
    synchronized long firstAfter(long revision) {
        if (revision < base.revision()) {
            throw new StoreException.Compacted(base.revision());
        }
        long low = tail;
        long high = head;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (slot(middle).event.revision() <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// The state at a revision.
    ///
    /// @param revision not beyond what the cache has seen
    synchronized Snapshot at(long revision) {
        long next = firstAfter(revision);
        SortedEntries entries =
                next == tail ? base.entries() : slot(next - 1).after.entries();
        return new Snapshot(entries, revision);
    }

    int capacity() {
        return ring.length();
    }

    synchronized long size() {
        return head - tail;
    }

    @GuardedBy("this")
    private Slot slot(long number) {
        Slot slot = read(number);
        if (slot == null) {
            throw new IllegalStateException("event " + number + " of " + tail + " to " + head + " is not there");
        }
        return slot;
    }

    @GuardedBy("this")
    private void dropFirst() {
        Slot slot = slot(tail);
        base = slot.after;
        ring.set((int) tail & (ring.length() - 1), null);
        tail++;
        switch (slot.event) {
            case WatchEvent.Added added -> added.object().dropFrames();
            case WatchEvent.Modified modified -> modified.object().dropFrames();
            case WatchEvent.Deleted deleted -> deleted.last().dropFrames();
            case WatchEvent.Bookmark _ -> {}
        }
    }

    @GuardedBy("this")
    private void grow() {
        var larger = new AtomicReferenceArray<@Nullable Slot>(ring.length() * 2);
        for (long number = tail; number < head; number++) {
            larger.set((int) number & (larger.length() - 1), slot(number));
        }
        ring = larger;
    }
}
