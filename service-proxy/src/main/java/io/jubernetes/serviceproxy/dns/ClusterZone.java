package io.jubernetes.serviceproxy.dns;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.ServiceRules;
import io.jubernetes.serviceproxy.rules.SliceOwner;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Answers questions about the cluster's names from the caches of Services and EndpointSlices, after the Kubernetes DNS
/// specification 1.1. Keeps nothing of its own. Thread-safe.
final class ClusterZone {
    static final String BY_ADDRESS = "address";

    /// Short, because a client that keeps an address of a headless Service any longer talks to a pod that is gone.
    static final int TTL = 5;

    private static final String VERSION = "1.1.0";
    private static final int SRV_WEIGHT = 100;

    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;
    private final List<String> zone;
    private final String zoneName;
    private final List<String> dnsAddresses;

    /// @param zoneName the cluster's domain, `cluster.local`
    /// @param dnsAddresses where the cluster's DNS is asked
    ClusterZone(
            Informed<Service> services, Informed<EndpointSlice> slices, String zoneName, List<String> dnsAddresses) {
        this.services = services;
        this.slices = slices;
        this.zone = Question.labels(zoneName);
        this.zoneName = String.join(".", zone) + ".";
        this.dnsAddresses = List.copyOf(dnsAddresses);
        services.index(
                BY_ADDRESS,
                service -> service.getSpec() == null
                        ? List.of()
                        : ServiceRules.clusterIps(service.getSpec()).stream()
                                .map(ReverseName::normal)
                                .toList());
        slices.index(BY_ADDRESS, ServiceEndpoints::addresses);
        SliceOwner.index(slices);
    }

    /// The answer to a question about the cluster; empty when the name is somebody else's.
    Optional<Answer> answer(Question question) {
        List<String> labels = question.labels();
        Optional<String> address = ReverseName.address(labels);
        if (address.isPresent()) {
            return reverse(question, address.get());
        }
        int inside = labels.size() - zone.size();
        if (inside < 0 || !labels.subList(inside, labels.size()).equals(zone)) {
            return Optional.empty();
        }
        return Optional.of(inside(question, labels.subList(0, inside)));
    }

    private Answer inside(Question question, List<String> path) {
        if (path.isEmpty()) {
            return apex(question);
        }
        List<String> rest = path.subList(0, path.size() - 1);
        return switch (path.getLast()) {
            case "svc" -> services(question, rest);
            case "pod" -> pods(question, rest);
            case "dns-version" ->
                rest.isEmpty() ? found(question, List.of(new ResourceRecord.Text(VERSION))) : nameError();
            case "dns" -> {
                if (rest.isEmpty()) {
                    yield noData();
                }
                yield rest.equals(List.of("ns")) ? found(question, addresses(dnsAddresses)) : nameError();
            }
            default -> nameError();
        };
    }

    private Answer apex(Question question) {
        var answers = new ArrayList<ResourceRecord>();
        if (question.wants(Type.SOA)) {
            answers.add(authority());
        }
        if (question.wants(Type.NS)) {
            answers.add(new ResourceRecord(zoneName, TTL, new ResourceRecord.Pointer(Type.NS, "ns.dns." + zoneName)));
        }
        return answers.isEmpty() ? noData() : ok(answers, List.of());
    }

    private Answer services(Question question, List<String> path) {
        if (path.isEmpty()) {
            return noData();
        }
        String namespace = path.getLast();
        if (path.size() == 1) {
            return namespaceAnswer(namespace);
        }
        Optional<Service> found = services.find(ObjectKey.of(namespace, path.get(path.size() - 2)));
        if (found.isEmpty() || found.get().getSpec() == null) {
            return nameError();
        }
        Service service = found.get();
        List<String> rest = path.subList(0, path.size() - 2);
        if ("ExternalName".equals(service.getSpec().getType())) {
            String target = service.getSpec().getExternalName();
            if (!rest.isEmpty() || target == null || target.isEmpty()) {
                return nameError();
            }
            String alias = target.endsWith(".") ? target : target + ".";
            return ok(
                    List.of(new ResourceRecord(question.name(), TTL, new ResourceRecord.Pointer(Type.CNAME, alias))),
                    List.of());
        }
        var endpoints = ServiceEndpoints.of(service, SliceOwner.slicesOf(slices, ObjectKey.of(service)));
        return switch (rest.size()) {
            case 0 -> service(question, service, endpoints);
            case 1 ->
                rest.getFirst().equals("_tcp")
                                || rest.getFirst().equals("_udp")
                                || rest.getFirst().equals("_sctp")
                        ? noData()
                        : endpoint(question, rest.getFirst(), endpoints);
            case 2 -> port(question, service, endpoints, rest.getFirst(), rest.getLast());
            default -> nameError();
        };
    }

    private Answer service(Question question, Service service, List<ServiceEndpoints.Entry> endpoints) {
        boolean headless = ServiceRules.isHeadless(service.getSpec());
        if (headless && endpoints.isEmpty()) {
            return nameError();
        }
        List<String> all = headless
                ? endpoints.stream()
                        .map(ServiceEndpoints.Entry::address)
                        .distinct()
                        .toList()
                : ServiceRules.clusterIps(service.getSpec());
        if (question.type() == Type.SRV) {
            var ports = new ArrayList<ServicePort>(service.getSpec().getPorts());
            return servers(question, service, endpoints, ports);
        }
        return found(question, addresses(all));
    }

    private Answer endpoint(Question question, String host, List<ServiceEndpoints.Entry> endpoints) {
        List<String> all = endpoints.stream()
                .filter(entry -> entry.host().equals(host))
                .map(ServiceEndpoints.Entry::address)
                .distinct()
                .toList();
        return all.isEmpty() ? nameError() : found(question, addresses(all));
    }

    private Answer port(
            Question question,
            Service service,
            List<ServiceEndpoints.Entry> endpoints,
            String portLabel,
            String protocolLabel) {
        List<ServicePort> ports = service.getSpec().getPorts().stream()
                .filter(port -> portLabel.equals("_" + Objects.requireNonNullElse(port.getName(), "")))
                .filter(port -> protocolLabel.equals("_"
                        + Protocol.of(port.getProtocol())
                                .map(Protocol::lowerCase)
                                .orElse("")))
                .toList();
        if (ports.isEmpty() || (ServiceRules.isHeadless(service.getSpec()) && endpoints.isEmpty())) {
            return nameError();
        }
        return question.wants(Type.SRV) ? servers(question, service, endpoints, ports) : noData();
    }

    /// The SRV records of some ports, with the addresses of what they name.
    private Answer servers(
            Question question, Service service, List<ServiceEndpoints.Entry> endpoints, List<ServicePort> ports) {
        String name = serviceName(ObjectKey.of(service));
        var answers = new LinkedHashSet<ResourceRecord>();
        var additional = new LinkedHashSet<ResourceRecord>();
        if (!ServiceRules.isHeadless(service.getSpec())) {
            for (ServicePort port : ports) {
                answers.add(new ResourceRecord(
                        question.name(), TTL, new ResourceRecord.Server(0, SRV_WEIGHT, port.getPort(), name)));
            }
            addresses(ServiceRules.clusterIps(service.getSpec()))
                    .forEach(address -> additional.add(new ResourceRecord(name, TTL, address)));
            return ok(List.copyOf(answers), List.copyOf(additional));
        }
        for (ServiceEndpoints.Entry entry : shuffled(endpoints)) {
            String target = entry.host() + "." + name;
            for (ServicePort port : ports) {
                int number = entry.port(port);
                if (number != 0) {
                    int weight = Math.max(1, SRV_WEIGHT / endpoints.size());
                    answers.add(new ResourceRecord(
                            question.name(), TTL, new ResourceRecord.Server(0, weight, number, target)));
                    addresses(List.of(entry.address()))
                            .forEach(address -> additional.add(new ResourceRecord(target, TTL, address)));
                }
            }
        }
        return answers.isEmpty() ? noData() : ok(List.copyOf(answers), List.copyOf(additional));
    }

    private Answer pods(Question question, List<String> path) {
        if (path.isEmpty()) {
            return noData();
        }
        if (path.size() == 1) {
            return namespaceAnswer(path.getFirst());
        }
        if (path.size() > 2) {
            return nameError();
        }
        // The address is in the name; whether such a pod exists is not looked up, as upstream's default has it.
        String text = path.getFirst();
        String dotted = text.replace('-', '.');
        String address = IpFamily.IPV4.has(dotted) ? dotted : text.replace('-', ':');
        return IpFamily.of(address).isPresent() ? found(question, addresses(List.of(address))) : nameError();
    }

    private Answer namespaceAnswer(String namespace) {
        return services.inNamespace(namespace).isEmpty() ? nameError() : noData();
    }

    private Optional<Answer> reverse(Question question, String address) {
        Set<String> names = new LinkedHashSet<>();
        for (Service service : services.by(BY_ADDRESS, address)) {
            names.add(serviceName(ObjectKey.of(service)));
        }
        if (names.isEmpty()) {
            for (EndpointSlice slice : slices.by(BY_ADDRESS, address)) {
                headless(slice)
                        .ifPresent(service -> ServiceEndpoints.of(service, List.of(slice)).stream()
                                .filter(entry ->
                                        ReverseName.normal(entry.address()).equals(address))
                                .forEach(entry -> names.add(entry.host() + "." + serviceName(ObjectKey.of(service)))));
            }
        }
        if (names.isEmpty()) {
            return Optional.empty(); // an address outside the cluster, or nobody's
        }
        return Optional.of(found(
                question,
                names.stream()
                        .map(name -> (ResourceRecord.Data) new ResourceRecord.Pointer(Type.PTR, name))
                        .toList()));
    }

    private Optional<Service> headless(EndpointSlice slice) {
        return SliceOwner.of(slice)
                .flatMap(services::find)
                .filter(service -> service.getSpec() != null && ServiceRules.isHeadless(service.getSpec()));
    }

    private String serviceName(ObjectKey key) {
        return key.name() + "." + key.namespace() + ".svc." + zoneName;
    }

    /// An answer with those of the records that were asked for, in random order so that clients spread.
    private Answer found(Question question, List<? extends ResourceRecord.Data> all) {
        List<ResourceRecord> answers = new ArrayList<>();
        for (ResourceRecord.Data data : all) {
            if (question.wants(data.type())) {
                answers.add(new ResourceRecord(question.name(), TTL, data));
            }
        }
        Collections.shuffle(answers);
        return answers.isEmpty() ? noData() : ok(answers, List.of());
    }

    private static <T> List<T> shuffled(List<T> list) {
        var copy = new ArrayList<>(list);
        Collections.shuffle(copy);
        return copy;
    }

    private static List<ResourceRecord.Data> addresses(List<String> texts) {
        var data = new ArrayList<ResourceRecord.Data>();
        for (String text : texts) {
            if (IpFamily.of(text).isPresent()) {
                data.add(new ResourceRecord.Address(InetAddress.ofLiteral(text)));
            }
        }
        return data;
    }

    private static Answer ok(List<ResourceRecord> answers, List<ResourceRecord> additional) {
        return new Answer(Rcode.NOERROR, true, answers, List.of(), additional);
    }

    private Answer noData() {
        return new Answer(Rcode.NOERROR, true, List.of(), List.of(authority()), List.of());
    }

    private Answer nameError() {
        return new Answer(Rcode.NXDOMAIN, true, List.of(), List.of(authority()), List.of());
    }

    private ResourceRecord authority() {
        return new ResourceRecord(
                zoneName, TTL, new ResourceRecord.Authority("ns.dns." + zoneName, "hostmaster." + zoneName, 1, TTL));
    }
}
