package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.BackendClient;
import io.jubernetes.apiserver.aggregation.RemoteDocuments;
import io.jubernetes.apiserver.audit.Auditing;
import io.jubernetes.apiserver.authn.Authentication;
import io.jubernetes.apiserver.authn.ServiceAccountTokens;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.RbacAuthorizer;
import io.jubernetes.apiserver.discovery.Discovery;
import io.jubernetes.apiserver.flowcontrol.FlowControl;
import io.jubernetes.apiserver.impersonation.Impersonation;
import io.jubernetes.apiserver.openapi.OpenApiV2;
import io.jubernetes.apiserver.openapi.OpenApiV3;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.health.ManagementHandler;
import io.jubernetes.common.http.RequestGate;
import io.jubernetes.common.pki.Pem;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Puts the REST front together.
public final class ApiHandlerFactory {
    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final Clock clock;

    public ApiHandlerFactory(
            ResourceCatalog catalog,
            ObjectStorage storage,
            ObjectService objects,
            ObjectDeletion deletion,
            Clock clock) {
        this.catalog = catalog;
        this.storage = storage;
        this.objects = objects;
        this.deletion = deletion;
        this.clock = clock;
    }

    /// Other servers behind this one.
    public record Aggregation(ApiServices services, RemoteDocuments documents, BackendClient backends) {}

    /// @param kubeletTls how kubelets are connected to
    /// @param address host and port clients reach the server at
    public ApiHandler create(
            Authentication authentication,
            ServiceAccountTokens tokens,
            Authorizer authorizer,
            RbacAuthorizer rbac,
            FieldOwnership ownership,
            HealthChecks checks,
            PrometheusMeterRegistry metrics,
            SslContext kubeletTls,
            Aggregation aggregation,
            Auditing auditing,
            FlowControl flowControl,
            String address) {
        var resources = new ResourceHandler(storage, objects, deletion, clock);
        var pods = new PodSubresources(objects, clock);
        var eviction = new PodEviction(
                catalog.require("policy/v1", "poddisruptionbudgets"), storage, objects, deletion, clock);
        var scale = new ScaleHandler(storage, objects, clock);
        var tokenRequests = new TokenRequestHandler(catalog, storage, objects, tokens, ownership, clock);
        var kubelets = new KubeletProxy(catalog, storage, kubeletTls);
        var proxy = new ProxyHandler(new ProxyTargets(catalog, storage), kubelets, kubeletTls, podTls());
        var connect = new ConnectAdmission(objects);
        Map<String, SubresourceHandlers.Handler> bySubresource = new LinkedHashMap<>();
        bySubresource.put("pods/binding", pods::bind);
        bySubresource.put("pods/eviction", eviction::handle);
        bySubresource.put("pods/log", kubelets::log);
        bySubresource.put("pods/exec", connect.before(kubelets::stream));
        bySubresource.put("pods/attach", connect.before(kubelets::stream));
        bySubresource.put("pods/portforward", connect.before(kubelets::portForward));
        bySubresource.put("pods/proxy", connect.before(proxy::pods));
        bySubresource.put("services/proxy", connect.before(proxy::services));
        bySubresource.put("nodes/proxy", connect.before(proxy::nodes));
        bySubresource.put("serviceaccounts/token", tokenRequests::handle);
        bySubresource.put("*/scale", scale::handle);
        bySubresource.put("namespaces/finalize", new NamespaceFinalizer(objects, clock)::handle);
        Map<String, SubresourceHandlers.Handler> byResource = new LinkedHashMap<>(
                new ReviewHandlers(authentication, tokens, authorizer, rbac, objects, ownership, clock).handlers());
        ApiResource podResource = catalog.require("v1", "pods");
        var components = new ComponentStatusHandler(storage, catalog.require("v1", "namespaces"), podTls(), clock);
        byResource.put("componentstatuses", components::handle);
        byResource.put("bindings", (call, _) -> pods.bind(call, podResource));
        var subresources = new SubresourceHandlers(resources, bySubresource, byResource);
        // Who may read metrics has been decided before the request gets here.
        RequestGate open = (_, _, _) -> Mono.just(RequestGate.Verdict.ALLOWED);
        var management = new ManagementHandler(checks, metrics, () -> "{}", open);
        var router = new ApiRouter(
                catalog,
                resources,
                subresources,
                new Discovery(catalog, aggregation.services(), aggregation.documents(), address),
                new OpenApiHandler(
                        new OpenApiV3(catalog, aggregation.services(), aggregation.documents()),
                        new OpenApiV2(catalog, aggregation.services(), aggregation.documents()),
                        clock),
                tokens,
                management,
                new AggregationProxy(aggregation.services(), aggregation.backends()),
                flowControl);
        return new ApiHandler(
                authentication, authorizer, new Impersonation(authorizer, metrics), router, auditing, flowControl);
    }

    private static SslContext podTls() {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("TLS is not available", e);
        }
    }

    /// How kubelets are connected to: with the API server's client certificate. Their serving certificates are
    /// self-signed unless a CA is given, so they are not verified, as upstream does without
    /// `--kubelet-certificate-authority`.
    public static SslContext kubeletTls(@Nullable Path certificate, @Nullable Path key) throws StartupException {
        try {
            var builder = SslContextBuilder.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE);
            if (certificate != null && key != null) {
                builder.keyManager(
                        Pem.privateKey(key), Pem.certificates(certificate).toArray(X509Certificate[]::new));
            }
            return builder.build();
        } catch (IOException e) {
            throw new StartupException("--kubelet-client-certificate: " + e.getMessage(), e);
        }
    }
}
