package io.jubernetes.serviceproxy.dns;

import io.netty.handler.codec.dns.DnsRecordType;

/// The numbers of the record types that are treated in some way of their own.
final class Type {
    static final int A = DnsRecordType.A.intValue();
    static final int NS = DnsRecordType.NS.intValue();
    static final int CNAME = DnsRecordType.CNAME.intValue();
    static final int SOA = DnsRecordType.SOA.intValue();
    static final int PTR = DnsRecordType.PTR.intValue();
    static final int TXT = DnsRecordType.TXT.intValue();
    static final int AAAA = DnsRecordType.AAAA.intValue();
    static final int SRV = DnsRecordType.SRV.intValue();
    static final int OPT = DnsRecordType.OPT.intValue();
    static final int IXFR = DnsRecordType.IXFR.intValue();
    static final int AXFR = DnsRecordType.AXFR.intValue();
    static final int ANY = DnsRecordType.ANY.intValue();

    /// The Internet, as against classes nobody uses any more.
    static final int CLASS_IN = 1;

    private Type() {}
}
