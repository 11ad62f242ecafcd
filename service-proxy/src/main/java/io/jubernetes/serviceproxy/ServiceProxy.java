package io.jubernetes.serviceproxy;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.controller.ApiEventRecorder;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.health.ManagementHandler;
import io.jubernetes.common.http.RequestGate;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.serviceproxy.announce.Announcer;
import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.backend.nftables.NftSettings;
import io.jubernetes.serviceproxy.backend.nftables.NftablesBackend;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceBackend;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceMetrics;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceSettings;
import io.jubernetes.serviceproxy.dns.DnsServer;
import io.jubernetes.serviceproxy.dns.DnsSettings;
import io.jubernetes.serviceproxy.ingress.ApiIngresses;
import io.jubernetes.serviceproxy.ingress.IngressController;
import io.jubernetes.serviceproxy.ingress.IngressMetrics;
import io.jubernetes.serviceproxy.ingress.IngressSettings;
import io.jubernetes.serviceproxy.policy.PolicyAgent;
import io.jubernetes.serviceproxy.policy.PolicyFilter;
import io.jubernetes.serviceproxy.routes.RouteAgent;
import io.jubernetes.serviceproxy.rules.IpFamily;
import io.jubernetes.serviceproxy.rules.Protocol;
import io.jubernetes.serviceproxy.rules.RuleName;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.Target;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Wires the proxy: informers feed the loop, the loop feeds the backend; the DNS server reads the same informers.
public final class ServiceProxy implements RunningComponent {
    static final String NAME = "kube-proxy";

    private static final Logger log = LoggerFactory.getLogger(ServiceProxy.class);
    private static final Duration SYNC_ROUND = Duration.ofSeconds(30);
    private static final int DNS_PORT = 53;
    private static final String PORT_NOT_SERVED = "PortNotServed";

    /// What a proxy is started with.
    ///
    /// @param nodes the names of this machine's nodes, mostly one
    /// @param dns empty when the cluster's DNS is somebody else's
    /// @param mode how to forward, where the machine can
    /// @param filter how the packet filter is written
    /// @param podRoutes whether to lead packets to the pods of other machines
    /// @param userspace how this process forwards itself
    /// @param ingress how Ingresses are served, if by this proxy
    /// @param health where health is served, if anywhere
    /// @param metrics where metrics are served, if anywhere
    record Options(
            @Nullable Path kubeconfig,
            List<String> nodes,
            SyncLoop.Periods periods,
            Optional<DnsSettings> dns,
            ProxyMode mode,
            NftSettings filter,
            boolean podRoutes,
            UserspaceSettings userspace,
            Optional<IngressSettings> ingress,
            Optional<InetSocketAddress> health,
            Optional<InetSocketAddress> metrics,
            Map<String, ?> shown) {}

    private final List<AutoCloseable> started = new ArrayList<>(); // guarded by this
    private boolean closed; // guarded by this
    private final AtomicBoolean synced = new AtomicBoolean();
    private volatile @Nullable DnsServer dnsServer;

    private ServiceProxy() {}

    static ServiceProxy start(Options options, Clock clock) throws StartupException {
        var proxy = new ServiceProxy();
        boolean complete = false;
        try {
            proxy.startAll(options, clock);
            complete = true;
            return proxy;
        } finally {
            if (!complete) {
                proxy.close();
            }
        }
    }

    private void startAll(Options options, Clock clock) throws StartupException {
        var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        started.add(meters::close);
        var state = new ProxyState(clock, options.periods().verifyPeriod().multipliedBy(2));
        ProxyMode mode = usable(options.mode());
        serve(options, mode, state, meters, clock);
        KubernetesClient client = KubernetesClients.connect(options.kubeconfig(), NAME);
        started.add(client);
        var informers = new Informers(client);
        started.add(informers);
        Informed<Service> services = informers.of(Service.class);
        Informed<EndpointSlice> slices = informers.of(EndpointSlice.class);
        String first = options.nodes().getFirst();
        Informed<Node> nodes = informers.of(Node.class);
        EventRecorder events = events(client, first, clock, meters);

        Optional<InetSocketAddress> listener = Optional.empty();
        List<ServiceRule> fixed = List.of();
        if (options.dns().isPresent()) {
            DnsSettings dns = options.dns().get();
            var server = DnsServer.start(dns, services, slices, synced::get, meters, clock);
            started.add(server);
            dnsServer = server;
            listener = Optional.of(server.address());
            fixed = dnsRules(dns, server.address());
            log.info("answering DNS for {} at {}", dns.domain(), server.address());
        }
        Backend backend = switch (mode) {
            case NFTABLES -> new NftablesBackend(options.filter().withDns(listener));
            case USERSPACE -> userspace(options, events, meters);
        };
        started.add(backend);
        var healthCheckPorts = new HealthCheckPorts(
                new InetSocketAddress("0.0.0.0", 0),
                () -> state.illness().isEmpty(),
                (service, port, reason) -> warn(events, service, "FailedToStartServiceHealthcheck", reason));
        started.add(healthCheckPorts);
        Counter conflicts = meters.counter("service_proxy_port_conflicts_total");
        var loop = new ProxyLoop(
                new ProxyLoop.Settings(options.nodes(), options.periods(), fixed),
                services,
                slices,
                nodes,
                healthCheckPorts,
                new PortConflicts((loser, winner, place) -> {
                    conflicts.increment();
                    warn(
                            events,
                            ObjectKey.of(loser.namespace(), loser.service()),
                            PORT_NOT_SERVED,
                            place + " is served for " + winner.namespace() + "/" + winner.service());
                }),
                backend,
                state,
                new ProxyMetrics(meters, clock));
        started.add(loop);
        if (mode == ProxyMode.NFTABLES) {
            startPolicies(client, options, meters);
        } else {
            log.warn("network policies are not enforced: that takes nftables");
        }
        if (options.ingress().isPresent()) {
            startIngress(client, services, slices, options, meters, clock);
        }
        var local = Set.copyOf(options.nodes());
        String owner = options.filter().table();
        var announcer = new Announcer(local, services, slices, nodes, owner, Command.PLAIN, options.periods());
        started.add(announcer);
        List<Runnable> works = new ArrayList<>(List.of(loop::start, announcer::start));
        if (options.podRoutes()) {
            var routes = new RouteAgent(local, nodes, owner, Command.PLAIN, options.periods());
            started.add(routes);
            works.add(routes::start);
        }
        Thread starter = Thread.ofVirtual().name("start-" + NAME).start(() -> begin(informers, works));
        started.add(() -> {
            starter.interrupt();
            starter.join(Duration.ofSeconds(5));
        });
    }

    /// Policies have informers of their own: Services are served although policies may not be read.
    private void startPolicies(KubernetesClient client, Options options, PrometheusMeterRegistry meters) {
        var informers = new Informers(client);
        started.add(informers);
        var filter = new PolicyFilter(options.filter().table(), Command.PLAIN);
        var agent = new PolicyAgent(Set.copyOf(options.nodes()), informers, filter, options.periods(), meters);
        started.add(agent);
        agent.start();
    }

    private void startIngress(
            KubernetesClient client,
            Informed<Service> services,
            Informed<EndpointSlice> slices,
            Options options,
            PrometheusMeterRegistry meters,
            Clock clock) {
        var events = ApiEventRecorder.start(
                client, "ingress-controller", options.nodes().getFirst(), clock, meters);
        started.add(events);
        var objects = new ApiIngresses(client, services, slices);
        started.add(objects);
        var controller = new IngressController(
                options.ingress().orElseThrow(),
                objects,
                objects,
                events,
                new IngressMetrics(meters),
                options.periods());
        started.add(controller);
        controller.start();
    }

    /// The wanted mode, or forwarding in this process where the kernel cannot.
    private static ProxyMode usable(ProxyMode wanted) throws StartupException {
        try {
            Optional<String> obstacle =
                    wanted == ProxyMode.NFTABLES ? NftablesBackend.obstacle() : UserspaceBackend.obstacle();
            if (obstacle.isEmpty()) {
                return wanted;
            }
            if (wanted == ProxyMode.USERSPACE || UserspaceBackend.obstacle().isPresent()) {
                throw new StartupException(NAME + ": " + obstacle.get());
            }
            log.warn(
                    "nftables cannot be used here ({}); this process forwards connections itself (--proxy-mode=userspace),"
                            + " which is slower and hides clients' addresses from endpoints",
                    obstacle.get());
            return ProxyMode.USERSPACE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException(NAME + ": interrupted while starting", e);
        }
    }

    private UserspaceBackend userspace(Options options, EventRecorder events, PrometheusMeterRegistry meters)
            throws StartupException {
        try {
            return new UserspaceBackend(
                    options.userspace(),
                    new UserspaceMetrics(meters),
                    (rule, reason) ->
                            warn(events, new ObjectKey(rule.namespace(), rule.service()), "PortNotServed", reason));
        } catch (BackendException e) {
            throw new StartupException(NAME + ": " + e.getMessage(), e);
        }
    }

    private EventRecorder events(KubernetesClient client, String node, Clock clock, PrometheusMeterRegistry meters) {
        var events = ApiEventRecorder.start(client, NAME, node, clock, meters);
        started.add(events);
        return events;
    }

    private static void warn(EventRecorder events, ObjectKey service, String reason, String message) {
        var reference = new ObjectReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Service")
                .withNamespace(service.namespace().isEmpty() ? "kube-system" : service.namespace())
                .withName(service.name())
                .build();
        events.record(reference, null, EventRecorder.WARNING, reason, "", message);
    }

    /// Nothing is written before everything is known: rules for half of the Services would cut the other half,
    /// which the rules of an earlier run still serve.
    private void begin(Informers informers, List<Runnable> works) {
        try {
            while (true) {
                try {
                    informers.start(Deadline.in(SYNC_ROUND));
                    break;
                } catch (TimeoutException e) {
                    log.info("waiting for the API server: {}", e.getMessage());
                }
            }
            synced.set(true);
            works.forEach(Runnable::run);
        } catch (InterruptedException _) {
            // close() was called
        } catch (RuntimeException e) {
            log.error("{} could not start", NAME, e);
        }
    }

    private void serve(Options options, ProxyMode mode, ProxyState state, PrometheusMeterRegistry meters, Clock clock)
            throws StartupException {
        if (options.health().isPresent()) {
            started.add(
                    PlainHttp.start(options.health().get(), new HealthHandler(state, clock), "--healthz-bind-address"));
        }
        if (options.metrics().isPresent()) {
            var checks = new HealthChecks();
            checks.add(
                    "proxy",
                    java.util.Set.of(HealthChecks.Endpoint.HEALTHZ, HealthChecks.Endpoint.LIVEZ),
                    state::illness);
            checks.add("dns", Set.of(HealthChecks.Endpoint.HEALTHZ, HealthChecks.Endpoint.LIVEZ), this::dnsIllness);
            checks.ready("rules", state::unready);
            String shown = Json.text(Map.of("kubeproxy.config.k8s.io", options.shown()));
            // Open to whoever reaches the address, as upstream's is; it is the loopback address unless a flag says
            // otherwise.
            RequestGate open = (_, _, _) -> Mono.just(RequestGate.Verdict.ALLOWED);
            var handler = new MetricsHandler(new ManagementHandler(checks, meters, () -> shown, open), mode.flag());
            started.add(PlainHttp.start(options.metrics().get(), handler, "--metrics-bind-address"));
        }
    }

    private Optional<String> dnsIllness() {
        DnsServer server = dnsServer;
        return server == null ? Optional.empty() : server.illness();
    }

    /// The rules that bring the cluster's DNS address to the listener.
    private static List<ServiceRule> dnsRules(DnsSettings dns, InetSocketAddress listener) {
        String address = listener.getAddress().getHostAddress();
        var target = new Target(address, listener.getPort(), Target.Place.ELSEWHERE);
        var rules = new ArrayList<ServiceRule>();
        for (var clusterAddress : dns.clusterAddresses()) {
            String ip = clusterAddress.getHostAddress();
            Optional<IpFamily> family = IpFamily.of(ip);
            if (family.isPresent() && family.get().has(address)) {
                for (Protocol protocol : List.of(Protocol.UDP, Protocol.TCP)) {
                    var name = new RuleName("", "cluster-dns", "dns", protocol, family.get());
                    rules.add(ServiceRule.internal(name, ip, DNS_PORT, List.of(target)));
                }
            }
        }
        return rules;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (AutoCloseable each : started.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                log.warn("{}: stopping failed", NAME, e);
            }
        }
    }
}
