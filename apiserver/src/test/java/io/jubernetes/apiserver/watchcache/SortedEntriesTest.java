package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.object;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SortedEntriesTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void isASortedMapWhateverHappensToIt(long seed) {
        var random = new Random(seed);
        var model = new TreeMap<String, CachedObject>();
        SortedEntries entries = SortedEntries.EMPTY;
        int keys = 50 + random.nextInt(3000);
        for (int step = 0; step < 6000; step++) {
            String key = "/r/ns" + random.nextInt(5) + "/k" + random.nextInt(keys);
            boolean shrinking = step / 1500 % 2 == 1;
            if (random.nextInt(10) < (shrinking ? 8 : 3)) {
                entries = entries.without(key);
                model.remove(key);
            } else {
                CachedObject object = object(key, step + 1);
                entries = entries.with(object);
                model.put(key, object);
            }
            assertThat(entries.size()).isEqualTo(model.size());
            if (step % 200 == 0) {
                check(entries, model, random);
            }
        }
        for (String key : List.copyOf(model.keySet())) {
            entries = entries.without(key);
        }
        assertThat(entries.size()).isZero();
    }

    private static void check(SortedEntries entries, NavigableMap<String, CachedObject> model, Random random) {
        var snapshot = new Snapshot(entries, 1);
        for (String prefix : List.of("/r/", "/r/ns1/", "/r/ns4/k1", "/x/", "/")) {
            NavigableMap<String, CachedObject> below = model.subMap(prefix, true, prefix + '\uffff', false);
            assertThat(list(snapshot.range(prefix, null))).isEqualTo(List.copyOf(below.values()));
            String after = "/r/ns" + random.nextInt(5) + "/k" + random.nextInt(3000);
            List<CachedObject> rest = below.values().stream()
                    .filter(object -> object.key().compareTo(after) > 0)
                    .toList();
            assertThat(list(snapshot.range(prefix, after))).isEqualTo(rest);
            assertThat(snapshot.count(prefix, after)).isEqualTo(rest.size());
            assertThat(snapshot.count(prefix, null)).isEqualTo(below.size());
            assertThat(snapshot.get(after).orElse(null)).isSameAs(model.get(after));
            assertThat(entries.rank(after)).isEqualTo(model.headMap(after).size());
        }
    }

    private static List<CachedObject> list(Iterator<CachedObject> iterator) {
        var all = new ArrayList<CachedObject>();
        iterator.forEachRemaining(all::add);
        return all;
    }

    @Test
    void aSortedListIsTakenOverWhole() {
        for (int size : new int[] {0, 1, 23, 24, 25, 576, 577, 20_000}) {
            var all = new ArrayList<CachedObject>();
            for (int i = 0; i < size; i++) {
                all.add(object("/r/k%06d".formatted(i), i + 1));
            }
            SortedEntries entries = SortedEntries.ofSorted(all);
            assertThat(entries.size()).isEqualTo(size);
            assertThat(list(entries.walk("/r/", "/r/", true))).isEqualTo(all);
        }
    }

    @Test
    void anEarlierStateStaysAsItWas() {
        SortedEntries before = SortedEntries.EMPTY;
        for (int i = 0; i < 1000; i++) {
            before = before.with(object("/r/k%04d".formatted(i), i + 1));
        }
        List<CachedObject> wanted = list(before.walk("/r/", "/r/", true));
        SortedEntries after = before;
        for (int i = 0; i < 1000; i += 2) {
            after = after.without("/r/k%04d".formatted(i)).with(object("/r/new%04d".formatted(i), 5000 + i));
        }
        assertThat(list(before.walk("/r/", "/r/", true))).isEqualTo(wanted);
        assertThat(after.size()).isEqualTo(1000);
    }
}
