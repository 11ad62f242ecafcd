package io.jubernetes.common.cel;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A list of an API object, whose items are made when they are first looked at. Not thread-safe.
public final class SchemaList extends AbstractList<Object> {
    /// What makes items of a list the same.
    public enum Kind {
        ATOMIC,
        SET,
        MAP
    }

    private final @Nullable Object[] items;
    private final Function<Integer, Object> maker;
    private final Kind kind;
    private final List<String> keys;

    /// @param maker makes the item at an index
    /// @param keys of a list that is a map, under the names expressions use
    public SchemaList(int size, Function<Integer, Object> maker, Kind kind, List<String> keys) {
        this.items = new Object[size];
        this.maker = maker;
        this.kind = kind;
        this.keys = List.copyOf(keys);
    }

    @Override
    public Object get(int index) {
        Object item = items[index];
        if (item == null) {
            item = maker.apply(index);
            items[index] = item;
        }
        return item;
    }

    @Override
    public int size() {
        return items.length;
    }

    /// Whether two lists are equal; the order of sets and maps does not count.
    boolean equalTo(List<?> other) {
        if (kind == Kind.ATOMIC) {
            return CelValues.equalLists(this, other);
        }
        if (size() != other.size()) {
            return false;
        }
        for (Object item : this) {
            if (other.stream().noneMatch(candidate -> CelValues.equal(item, candidate))) {
                return false;
            }
        }
        return true;
    }

    /// This list and another: items of a set once, items of a map by their keys, the later ones winning.
    List<Object> plus(List<?> other) {
        List<Object> result = new ArrayList<>(this);
        for (Object item : other) {
            int at = kind == Kind.ATOMIC ? -1 : find(result, item);
            if (at < 0) {
                result.add(item);
            } else if (kind == Kind.MAP) {
                result.set(at, item);
            }
        }
        return result;
    }

    private int find(List<Object> list, Object item) {
        for (int i = 0; i < list.size(); i++) {
            if (kind == Kind.SET ? CelValues.equal(list.get(i), item) : sameKeys(list.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    private boolean sameKeys(Object left, Object right) {
        if (!(left instanceof java.util.Map<?, ?> a) || !(right instanceof java.util.Map<?, ?> b)) {
            return false;
        }
        for (String key : keys) {
            Object one = a.get(key);
            Object two = b.get(key);
            if (one == null ? two != null : two == null || !CelValues.equal(one, two)) {
                return false;
            }
        }
        return true;
    }
}
