package io.jubernetes.serviceproxy.backend.nftables;

import java.util.List;

/// One thing in the table that a rule needs. Items with equal ids are the same thing; several rules may share one.
sealed interface Item {
    /// What makes an item the same in the kernel.
    record Id(String container, String key) implements Comparable<Id> {
        @Override
        public int compareTo(Id other) {
            int byContainer = container.compareTo(other.container);
            return byContainer != 0 ? byContainer : key.compareTo(other.key);
        }
    }

    Id id();

    /// An element of a set or map of the skeleton.
    ///
    /// @param value empty for a set's element
    /// @param comment empty for none
    record Element(Container container, String key, String value, String comment) implements Item {
        @Override
        public Id id() {
            return new Id(container.label(), key);
        }

        /// As it stands between the braces of `add element`.
        String text() {
            return key
                    + (comment.isEmpty() ? "" : " comment \"" + comment + "\"")
                    + (value.isEmpty() ? "" : " : " + value);
        }
    }

    /// A chain that is not hooked anywhere, with its rules.
    record Chain(String name, List<String> rules) implements Item {
        public Chain {
            rules = List.copyOf(rules);
        }

        @Override
        public Id id() {
            return new Id("chain", name);
        }
    }

    /// A set that packets write to: the clients that stay with an endpoint.
    record ClientSet(String name, long timeoutSeconds) implements Item {
        @Override
        public Id id() {
            return new Id("set", name);
        }
    }
}
