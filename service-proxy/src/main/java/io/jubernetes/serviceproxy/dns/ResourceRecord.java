package io.jubernetes.serviceproxy.dns;

import java.net.InetAddress;

/// One record of an answer.
///
/// @param name whose record it is, ending with a dot
/// @param ttl seconds
record ResourceRecord(String name, int ttl, Data data) {
    /// What a record says; the type follows from it.
    sealed interface Data {
        int type();
    }

    record Address(InetAddress address) implements Data {
        @Override
        public int type() {
            return address.getAddress().length == 4 ? Type.A : Type.AAAA;
        }
    }

    /// @param type CNAME, PTR or NS
    record Pointer(int type, String target) implements Data {}

    record Server(int priority, int weight, int port, String target) implements Data {
        @Override
        public int type() {
            return Type.SRV;
        }
    }

    record Text(String text) implements Data {
        @Override
        public int type() {
            return Type.TXT;
        }
    }

    /// @param negativeTtl for how many seconds an answer without records may be kept
    record Authority(String server, String mailbox, long serial, int negativeTtl) implements Data {
        @Override
        public int type() {
            return Type.SOA;
        }
    }
}
