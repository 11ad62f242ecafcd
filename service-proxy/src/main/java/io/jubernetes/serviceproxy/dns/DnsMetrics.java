package io.jubernetes.serviceproxy.dns;

import io.micrometer.core.instrument.MeterRegistry;

/// Counts questions and answers, under the names that dashboards of cluster DNS know.
final class DnsMetrics {
    private final MeterRegistry meters;
    private final String zone;

    /// @param zone the cluster's domain; other names count as `.`
    DnsMetrics(MeterRegistry meters, String zone) {
        this.meters = meters;
        this.zone = zone.endsWith(".") ? zone : zone + ".";
    }

    void answered(Question question, boolean tcp, byte[] answer) {
        String where = question.name().endsWith("." + zone) ? zone : ".";
        meters.counter(
                        "coredns_dns_requests_total",
                        "proto",
                        tcp ? "tcp" : "udp",
                        "type",
                        type(question),
                        "zone",
                        where)
                .increment();
        meters.counter("coredns_dns_responses_total", "rcode", rcode(answer), "zone", where)
                .increment();
    }

    /// Only a few types have a name of their own here, so that clients cannot make up series without end.
    private static String type(Question question) {
        int type = question.type();
        if (type == Type.A) {
            return "A";
        } else if (type == Type.AAAA) {
            return "AAAA";
        } else if (type == Type.SRV) {
            return "SRV";
        } else if (type == Type.PTR) {
            return "PTR";
        }
        return "other";
    }

    private static String rcode(byte[] answer) {
        int code = Message.code(answer);
        for (Rcode each : Rcode.values()) {
            if (each.code() == code) {
                return each.name();
            }
        }
        return "other";
    }
}
