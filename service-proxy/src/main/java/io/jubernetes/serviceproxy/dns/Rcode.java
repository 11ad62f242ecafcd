package io.jubernetes.serviceproxy.dns;

/// The response codes this server gives.
enum Rcode {
    NOERROR(0),
    FORMERR(1),
    SERVFAIL(2),
    NXDOMAIN(3),
    NOTIMP(4),
    REFUSED(5),
    /// does not fit into the header: its upper part is in the OPT record
    BADVERS(16);

    private final int code;

    Rcode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
