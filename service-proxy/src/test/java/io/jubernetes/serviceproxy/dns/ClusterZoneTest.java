package io.jubernetes.serviceproxy.dns;

import static io.jubernetes.serviceproxy.Objects.at;
import static io.jubernetes.serviceproxy.Objects.named;
import static io.jubernetes.serviceproxy.Objects.port;
import static io.jubernetes.serviceproxy.Objects.ready;
import static io.jubernetes.serviceproxy.Objects.service;
import static io.jubernetes.serviceproxy.Objects.slice;
import static io.jubernetes.serviceproxy.Objects.udp;
import static io.jubernetes.serviceproxy.Objects.unready;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.testing.MemoryCache;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterZoneTest {
    private final MemoryCache<Service> services = MemoryCache.of(
            service("web", "10.96.0.5", port("http", 80), port("", 81), udp("dns", 53)),
            service("dual", "10.96.0.6", spec -> spec.withClusterIPs("10.96.0.6", "fd00:96::6"), port("http", 80)),
            service("db", "None", port("sql", 5432)),
            service("empty", "None", port("sql", 5432)),
            service("eager", "None", spec -> spec.withPublishNotReadyAddresses(true), port("sql", 5432)),
            service("alias", "", spec -> spec.withType("ExternalName").withExternalName("example.com")));
    private final MemoryCache<EndpointSlice> slices = MemoryCache.of(
            slice("web", at("http", 8080), ready("10.244.0.2")),
            slice("db", at("sql", 15432), named("10.244.0.3", "db-0"), ready("10.244.0.4"), unready("10.244.0.5")),
            slice("empty", at("sql", 15432), unready("10.244.0.6")),
            slice("eager", at("sql", 15432), unready("10.244.0.7")));
    private final ClusterZone zone = new ClusterZone(services, slices, "cluster.local", List.of("10.96.0.10"));

    @ParameterizedTest
    @CsvSource({
        // Services
        "web.default.svc.cluster.local, A, NOERROR 10.96.0.5",
        "WEB.Default.SVC.cluster.local, A, NOERROR 10.96.0.5",
        "web.default.svc.cluster.local, AAAA, NOERROR",
        "dual.default.svc.cluster.local, AAAA, NOERROR fd00:96:0:0:0:0:0:6",
        "dual.default.svc.cluster.local, ANY, NOERROR 10.96.0.6 fd00:96:0:0:0:0:0:6",
        "nobody.default.svc.cluster.local, A, NXDOMAIN",
        "web.other.svc.cluster.local, A, NXDOMAIN",
        // what is between names is there but has no records
        "default.svc.cluster.local, A, NOERROR",
        "other.svc.cluster.local, A, NXDOMAIN",
        "svc.cluster.local, A, NOERROR",
        "_tcp.web.default.svc.cluster.local, A, NOERROR",
        "cluster.local, A, NOERROR",
        "cluster.local, NS, NOERROR ns.dns.cluster.local.",
        "cluster.local, SOA, NOERROR soa",
        "ns.dns.cluster.local, A, NOERROR 10.96.0.10",
        "dns-version.cluster.local, TXT, NOERROR 1.1.0",
        "example.com.default.svc.cluster.local, A, NXDOMAIN",
        "www.example.com.cluster.local, A, NXDOMAIN",
        // ports
        "_http._tcp.web.default.svc.cluster.local, SRV, NOERROR 80@web.default.svc.cluster.local.+10.96.0.5",
        "_dns._udp.web.default.svc.cluster.local, SRV, NOERROR 53@web.default.svc.cluster.local.+10.96.0.5",
        "_dns._tcp.web.default.svc.cluster.local, SRV, NXDOMAIN",
        "_http._tcp.web.default.svc.cluster.local, A, NOERROR",
        "_sql._tcp.db.default.svc.cluster.local, SRV, NOERROR"
                + " 15432@10-244-0-4.db.default.svc.cluster.local.+10.244.0.4"
                + " 15432@db-0.db.default.svc.cluster.local.+10.244.0.3",
        // headless
        "db.default.svc.cluster.local, A, NOERROR 10.244.0.3 10.244.0.4",
        "db-0.db.default.svc.cluster.local, A, NOERROR 10.244.0.3",
        "10-244-0-4.db.default.svc.cluster.local, A, NOERROR 10.244.0.4",
        "10-244-0-5.db.default.svc.cluster.local, A, NXDOMAIN",
        "db.default.svc.cluster.local, AAAA, NOERROR",
        "empty.default.svc.cluster.local, A, NXDOMAIN",
        "eager.default.svc.cluster.local, A, NOERROR 10.244.0.7",
        // names elsewhere
        "alias.default.svc.cluster.local, A, NOERROR example.com.",
        "alias.default.svc.cluster.local, SRV, NOERROR example.com.",
        // pods
        "10-244-0-9.default.pod.cluster.local, A, NOERROR 10.244.0.9",
        "10-244-0-9.default.pod.cluster.local, AAAA, NOERROR",
        "fd00--9.default.pod.cluster.local, AAAA, NOERROR fd00:0:0:0:0:0:0:9",
        "someone.default.pod.cluster.local, A, NXDOMAIN",
        "1-2.default.pod.cluster.local, A, NXDOMAIN",
        // reverse
        "5.0.96.10.in-addr.arpa, PTR, NOERROR web.default.svc.cluster.local.",
        "3.0.244.10.in-addr.arpa, PTR, NOERROR db-0.db.default.svc.cluster.local.",
        "4.0.244.10.in-addr.arpa, PTR, NOERROR 10-244-0-4.db.default.svc.cluster.local.",
        "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa, PTR,"
                + " NOERROR dual.default.svc.cluster.local.",
    })
    void answers(String name, String type, String expected) {
        Answer answer = zone.answer(new Question(name, number(type), 1)).orElseThrow();

        var text = new ArrayList<String>();
        answer.answers().stream()
                .flatMap(record -> describe(record.data(), answer))
                .sorted()
                .forEach(text::add);
        text.addFirst(answer.code().name());
        assertThat(String.join(" ", text)).isEqualTo(expected);
        assertThat(answer.authoritative()).isTrue();
        if (answer.answers().isEmpty()) {
            assertThat(answer.authority())
                    .singleElement()
                    .satisfies(soa -> assertThat(soa.data().type()).isEqualTo(Type.SOA));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "example.com, A",
        "local, A",
        "., NS",
        "notcluster.local, A",
        "xcluster.local, A",
        "2.0.244.10.in-addr.arpa, PTR",
        "1.1.1.1.in-addr.arpa, PTR",
        "96.10.in-addr.arpa, PTR"
    })
    void leavesToOthers(String name, String type) {
        assertThat(zone.answer(new Question(name, number(type), 1))).isEmpty();
    }

    @Test
    void seesChangesAtOnce() {
        var question = new Question("new.default.svc.cluster.local", Type.A, 1);
        assertThat(zone.answer(question).orElseThrow().code()).isEqualTo(Rcode.NXDOMAIN);
        services.put(service("new", "10.96.0.77", port("http", 80)));
        assertThat(zone.answer(question).orElseThrow().answers()).hasSize(1);
    }

    private static Stream<String> describe(ResourceRecord.Data data, Answer answer) {
        return Stream.of(
                switch (data) {
                    case ResourceRecord.Address address -> address.address().getHostAddress();
                    case ResourceRecord.Pointer pointer -> pointer.target();
                    case ResourceRecord.Text text -> text.text();
                    case ResourceRecord.Authority _ -> "soa";
                    case ResourceRecord.Server server ->
                        server.port() + "@" + server.target() + "+"
                                + answer.additional().stream()
                                        .filter(record -> record.name().equals(server.target()))
                                        .map(record -> ((ResourceRecord.Address) record.data())
                                                .address()
                                                .getHostAddress())
                                        .findFirst()
                                        .orElse("?");
                });
    }

    private static int number(String type) {
        return io.netty.handler.codec.dns.DnsRecordType.valueOf(type).intValue();
    }
}
