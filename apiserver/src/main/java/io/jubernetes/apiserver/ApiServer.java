package io.jubernetes.apiserver;

import io.jubernetes.apiserver.ApiServerOptions.StorageBackend;
import io.jubernetes.apiserver.admission.AdmissionChain;
import io.jubernetes.apiserver.aggregation.ApiServiceController;
import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.BackendClient;
import io.jubernetes.apiserver.aggregation.RemoteDocuments;
import io.jubernetes.apiserver.aggregation.Routes;
import io.jubernetes.apiserver.apply.ManagedFields;
import io.jubernetes.apiserver.audit.Auditing;
import io.jubernetes.apiserver.authn.Authentication;
import io.jubernetes.apiserver.authn.Authentication.Anonymous;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.authn.StaticTokens;
import io.jubernetes.apiserver.authn.TokenAuthenticator;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.NodeAuthorizer;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import io.jubernetes.apiserver.bootstrap.Bootstrap;
import io.jubernetes.apiserver.bootstrap.GoneServers;
import io.jubernetes.apiserver.bootstrap.KubernetesService;
import io.jubernetes.apiserver.bootstrap.ServerLease;
import io.jubernetes.apiserver.configuration.ConfigurationFiles;
import io.jubernetes.apiserver.customresource.ConversionWebhooks;
import io.jubernetes.apiserver.customresource.CustomCleanup;
import io.jubernetes.apiserver.customresource.CustomResources;
import io.jubernetes.apiserver.flowcontrol.FlowControlService;
import io.jubernetes.apiserver.http.ApiHandler;
import io.jubernetes.apiserver.http.ApiHandlerFactory;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.MeteredStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.storage.encryption.KeyResources;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.apiserver.webhook.ServiceRouting;
import io.jubernetes.apiserver.webhook.WebhookClient;
import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.http.ClientCertificates;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.ServerTls;
import io.jubernetes.common.http.SpringService;
import io.jubernetes.common.http.WebServerConfiguration;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.pki.ServiceAccountKeys;
import io.jubernetes.common.time.Deadline;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.server.WebHandler;

/// Puts the API server together, starts it and stops it.
final class ApiServer implements RunningComponent {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final Duration CACHE_PATIENCE = Duration.ofSeconds(60);
    private static final Duration CONFIGURATION_LOOK = Duration.ofSeconds(2);
    private static final Duration REQUESTS_END_WITHIN = Duration.ofSeconds(30);

    private final KeyValueStore store;
    private final WatchCaches caches;
    private final ConfigurationFiles files;
    private final AdmissionChain admission;
    private final ServerLease lease;
    private final GoneServers goneServers;
    private final Optional<KubernetesService> endpoints;
    private final ApiHandler handler;
    private final Duration shutdownDelay;
    private final CustomResources customResources;
    private final ApiServiceController controller;
    private final Auditing auditing;
    private final FlowControlService flowControl;
    private final SpringService web;
    private final AtomicBoolean stopping;

    private ApiServer(
            KeyValueStore store,
            WatchCaches caches,
            ConfigurationFiles files,
            AdmissionChain admission,
            ServerLease lease,
            GoneServers goneServers,
            Optional<KubernetesService> endpoints,
            ApiHandler handler,
            Duration shutdownDelay,
            CustomResources customResources,
            ApiServiceController controller,
            Auditing auditing,
            FlowControlService flowControl,
            SpringService web,
            AtomicBoolean stopping) {
        this.admission = admission;
        this.lease = lease;
        this.goneServers = goneServers;
        this.endpoints = endpoints;
        this.handler = handler;
        this.shutdownDelay = shutdownDelay;
        this.stopping = stopping;
        this.store = store;
        this.caches = caches;
        this.files = files;
        this.customResources = customResources;
        this.controller = controller;
        this.auditing = auditing;
        this.flowControl = flowControl;
        this.web = web;
    }

    /// Opens the store, fills the caches, makes what a fresh cluster needs, and serves.
    ///
    /// @throws StartupException when the operator can mend the cause; nothing stays open then
    static ApiServer start(ApiServerOptions options) throws StartupException {
        var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var catalog = new ResourceCatalog(BuiltinResources.read(Strategies::of, options.etcdPrefix()));
        var files = new ConfigurationFiles(
                metrics, hostname() + ":" + options.securePort(), CONFIGURATION_LOOK, Clock.systemUTC());
        KeyValueStore raw = openStore(options);
        KeyValueStore store;
        try {
            KeyResources resources = keyResources(catalog, options.etcdPrefix() + "/");
            KeyValueStore encrypting = options.encryption().encrypting(raw, resources, files);
            store = new MeteredStore(encrypting, options.etcdPrefix() + "/", metrics);
        } catch (StartupException e) {
            files.close();
            raw.close();
            throw e;
        }
        WatchCaches caches = new WatchCaches(store, options.etcdPrefix() + "/", WatchCaches.Settings.defaults(metrics));
        try {
            return start(options, catalog, store, caches, files, metrics);
        } catch (StartupException | RuntimeException e) {
            files.close();
            caches.close();
            store.close();
            throw e;
        }
    }

    private static KeyResources keyResources(ResourceCatalog catalog, String root) {
        Map<String, String> byPrefix = new LinkedHashMap<>();
        for (ApiResource resource : catalog.all()) {
            String prefix = resource.storagePrefix();
            if (prefix != null) {
                byPrefix.putIfAbsent(prefix, resource.qualifiedName());
            }
        }
        return new KeyResources(root, byPrefix);
    }

    private static ApiServer start(
            ApiServerOptions options,
            ResourceCatalog catalog,
            KeyValueStore store,
            WatchCaches caches,
            ConfigurationFiles files,
            PrometheusMeterRegistry metrics)
            throws StartupException {
        Clock clock = Clock.systemUTC();
        var storage = new ObjectStorage(store, caches);
        catalog.all().forEach(storage::open);
        caches.start();
        awaitCaches(caches);
        RbacAuthorizer rbac = rbac(catalog, storage);
        Authorizer authorizer = authorizer(options, catalog, storage, rbac, files);
        var ownership = new ManagedFields(clock);
        var webhooks = new WebhookClient(new ServiceRouting(catalog, storage), metrics);
        var bootstrap = new AtomicReference<@Nullable Bootstrap>();
        AdmissionChain admission = new AdmissionPlugins(
                        options,
                        catalog,
                        storage,
                        ownership,
                        authorizer,
                        rbac,
                        webhooks,
                        metrics,
                        name -> Objects.requireNonNull(bootstrap.get()).namespace(name))
                .chain();
        var objects = new ObjectService(storage, admission, ownership, clock);
        var deletion = new ObjectDeletion(storage, admission, clock);
        String serviceIp = options.serviceRanges().getFirst().at(1);
        AdmissionChain own = admission.without(AdmissionPlugins.OF_USERS);
        var ownObjects = new ObjectService(storage, own, ownership, clock);
        var ownDeletion = new ObjectDeletion(storage, own, clock);
        var basics = new Bootstrap(catalog, storage, ownObjects);
        bootstrap.set(basics);
        var cluster = new Bootstrap.Cluster(
                options.serviceRanges().stream().map(Object::toString).toList(),
                serviceIp,
                options.advertiseAddress(),
                options.securePort());
        basics.run(cluster);
        var flowControl = new FlowControlService(
                options.flowControl(), catalog, storage, ownObjects, ownDeletion, metrics, clock);
        flowControl.createObjects();

        ExtensionAuthentication.publish(
                ownObjects,
                catalog.require("v1", "configmaps"),
                options.clientCaFile(),
                options.authentication().proxyCa(),
                options.authentication().proxies());

        var customResources = new CustomResources(
                catalog,
                storage,
                ownership,
                new CustomCleanup(storage, ownDeletion, clock),
                new ConversionWebhooks(webhooks),
                options.etcdPrefix(),
                clock);
        customResources.start();
        admission.start();
        var lease = new ServerLease(
                storage, catalog.require("coordination.k8s.io/v1", "leases"), hostname(), options.securePort(), clock);
        lease.start();
        var goneServers = new GoneServers(storage, catalog.require("coordination.k8s.io/v1", "leases"), clock);
        goneServers.start();

        ServiceAccountTokens tokens = tokens(options, catalog, storage, clock);
        ClientCertificates certificates = clientCertificates(options);
        List<TokenAuthenticator> authenticators = new ArrayList<>();
        if (options.tokenFile() != null) {
            authenticators.add(StaticTokens.read(options.tokenFile()));
        }
        authenticators.add(tokens);
        ApiResource secrets = catalog.require("v1", "secrets");
        authenticators.addAll(options.authentication()
                .authenticators(
                        name -> storage.latest(secrets, "kube-system", name, Deadline.in(Duration.ofSeconds(5)))
                                .map(ObjectStorage.Loaded::object),
                        clock));
        options.authentication().watch(files);
        var authentication = new Authentication(
                certificates,
                options.authentication().proxies(),
                authenticators,
                options.authentication().anonymous(new Anonymous(options.anonymousAuth(), List.of())));
        var checks = new HealthChecks();
        var stopping = new AtomicBoolean();
        checks.ready("shutdown", () -> stopping.get() ? Optional.of("process is shutting down") : Optional.empty());
        checks.ready("watch-caches", () -> caches.ready() ? Optional.empty() : Optional.of("not synced"));
        Auditing auditing = auditing(options, metrics, clock);
        ApiServices apiServices = new ApiServices(storage, catalog.require("apiregistration.k8s.io/v1", "apiservices"));
        Routes routes = new Routes(storage, catalog, options.aggregation().toEndpoints());
        BackendClient backends = backends(options, routes);
        var documents = new RemoteDocuments(backends);
        var controller =
                new ApiServiceController(apiServices, catalog, objects, deletion, routes, documents, metrics, clock);
        controller.start();
        flowControl.start();
        ApiHandler handler = new ApiHandlerFactory(catalog, storage, objects, deletion, clock)
                .create(
                        authentication,
                        tokens,
                        authorizer,
                        rbac,
                        ownership,
                        checks,
                        metrics,
                        ApiHandlerFactory.kubeletTls(options.kubeletClientCertificate(), options.kubeletClientKey()),
                        new ApiHandlerFactory.Aggregation(apiServices, documents, backends),
                        auditing,
                        flowControl.control(),
                        options.advertiseAddress() + ":" + options.securePort());
        ServerTls tls = ServerTls.of(
                options.tlsCertFile(),
                options.tlsKeyFile(),
                options.dataDir().resolve("pki"),
                "apiserver",
                List.of("127.0.0.1", options.advertiseAddress(), serviceIp));
        var settings = new ServerSettings(
                options.bindAddress(), options.securePort(), "--secure-port", tls, REQUESTS_END_WITHIN);
        SpringService web = SpringService.start("apiserver", WebServerConfiguration.class, true, context -> {
            context.registerBean(ServerSettings.class, () -> settings);
            context.registerBean(WebHandler.class, () -> handler);
        });
        LOG.info("serving the Kubernetes API on port {}", web.port());
        Optional<KubernetesService> endpoints = options.availability().endpoints()
                ? Optional.of(new KubernetesService(store, options.etcdPrefix() + "/", basics, cluster))
                : Optional.empty();
        endpoints.ifPresent(KubernetesService::start);
        return new ApiServer(
                store,
                caches,
                files,
                admission,
                lease,
                goneServers,
                endpoints,
                handler,
                options.availability().shutdownDelay(),
                customResources,
                controller,
                auditing,
                flowControl,
                web,
                stopping);
    }

    private static Auditing auditing(ApiServerOptions options, PrometheusMeterRegistry metrics, Clock clock)
            throws StartupException {
        try {
            return options.audit().open(metrics, clock);
        } catch (IOException e) {
            throw new StartupException("--audit-policy-file, --audit-webhook-config-file: " + e.getMessage(), e);
        }
    }

    private static BackendClient backends(ApiServerOptions options, Routes routes) throws StartupException {
        try {
            return BackendClient.open(
                    routes,
                    options.aggregation().certificate(),
                    options.aggregation().key());
        } catch (IOException e) {
            throw new StartupException("--proxy-client-cert-file, --proxy-client-key-file: " + e.getMessage(), e);
        }
    }

    private static String hostname() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    private static KeyValueStore openStore(ApiServerOptions options) throws StartupException {
        try {
            if (options.storageBackend() == StorageBackend.ETCD) {
                return EtcdStores.open(options);
            }
            return EmbeddedStore.open(options.dataDir().resolve("store"));
        } catch (StoreException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void awaitCaches(WatchCaches caches) throws StartupException {
        Deadline deadline = Deadline.in(CACHE_PATIENCE);
        while (!caches.ready()) {
            if (deadline.isOver()) {
                throw new StartupException("the store did not answer within " + CACHE_PATIENCE.toSeconds()
                        + " seconds; check that it runs and can be reached");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static RbacAuthorizer rbac(ResourceCatalog catalog, ObjectStorage storage) {
        String version = "rbac.authorization.k8s.io/v1";
        return new RbacAuthorizer(
                storage.cache(catalog.require(version, "roles")),
                storage.cache(catalog.require(version, "clusterroles")),
                storage.cache(catalog.require(version, "rolebindings")),
                storage.cache(catalog.require(version, "clusterrolebindings")));
    }

    private static Authorizer authorizer(
            ApiServerOptions options,
            ResourceCatalog catalog,
            ObjectStorage storage,
            RbacAuthorizer rbac,
            ConfigurationFiles files)
            throws StartupException {
        List<Authorizer> chain = new ArrayList<>();
        chain.add(Authorizer.PRIVILEGED);
        chain.addAll(options.authorization()
                .authorizers(
                        mode -> switch (mode) {
                            case "Node" ->
                                new NodeAuthorizer(
                                        storage,
                                        catalog.require("v1", "pods"),
                                        catalog.require("v1", "persistentvolumeclaims"));
                            case "RBAC" -> rbac;
                            case "AlwaysAllow" -> Authorizer.ALWAYS_ALLOW;
                            case "AlwaysDeny" -> Authorizer.ALWAYS_DENY;
                            default ->
                                throw new IllegalArgumentException("there is no authorizer " + mode
                                        + "; choose from Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny");
                        },
                        Clock.systemUTC(),
                        files));
        return Authorizer.chain(chain);
    }

    private static @Nullable ClientCertificates clientCertificates(ApiServerOptions options) throws StartupException {
        Path file = options.clientCaFile();
        if (file == null) {
            return null;
        }
        try {
            return new ClientCertificates(Pem.certificates(file));
        } catch (IOException e) {
            throw new StartupException("--client-ca-file: " + e.getMessage(), e);
        }
    }

    private static ServiceAccountTokens tokens(
            ApiServerOptions options, ResourceCatalog catalog, ObjectStorage storage, Clock clock)
            throws StartupException {
        try {
            Path signing = options.serviceAccountSigningKeyFile();
            List<Path> verifying = options.serviceAccountKeyFiles();
            if (signing == null && verifying.isEmpty()) {
                signing = options.dataDir().resolve("pki").resolve("sa.key");
                Path publicKey = signing.resolveSibling("sa.pub");
                ServiceAccountKeys.ensure(signing, publicKey);
                verifying = List.of(publicKey);
            }
            PrivateKey key = signing == null ? null : Pem.privateKey(signing);
            List<PublicKey> keys = new ArrayList<>();
            for (Path file : verifying.isEmpty() && signing != null ? List.of(signing) : verifying) {
                keys.addAll(Pem.publicKeys(Files.readString(file)));
            }
            return new ServiceAccountTokens(
                    options.serviceAccountIssuer(), options.apiAudiences(), key, keys, bound(catalog, storage), clock);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read the service account keys: " + e.getMessage()
                            + "; check --service-account-key-file and --service-account-signing-key-file",
                    e);
        }
    }

    private static ServiceAccountTokens.BoundObjects bound(ResourceCatalog catalog, ObjectStorage storage) {
        return (kind, namespace, name) -> {
            String plural = switch (kind) {
                case "ServiceAccount" -> "serviceaccounts";
                case "Pod" -> "pods";
                case "Secret" -> "secrets";
                default -> "nodes";
            };
            ApiResource resource = catalog.require("v1", plural);
            return storage.cached(resource, namespace, name)
                    .or(() -> storage.latest(resource, namespace, name, Deadline.in(Duration.ofSeconds(5))))
                    .map(found -> Meta.uid(found.object()));
        };
    }

    @Override
    public String name() {
        return "apiserver";
    }

    /// Takes itself out of every list of servers first, then serves on until those who read the lists
    /// have noticed, then ends what would not end by itself, and lets the other requests finish.
    @Override
    public void close() {
        if (stopping.getAndSet(true)) {
            return;
        }
        endpoints.ifPresent(KubernetesService::close);
        awaitDelay();
        handler.endLongRequests();
        web.close();
        files.close();
        controller.close();
        flowControl.close();
        auditing.close();
        goneServers.close();
        lease.close();
        admission.close();
        customResources.close();
        caches.close();
        store.close();
    }

    private void awaitDelay() {
        try {
            Thread.sleep(shutdownDelay);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
