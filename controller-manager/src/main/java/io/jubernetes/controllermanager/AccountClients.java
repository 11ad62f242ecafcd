package io.jubernetes.controllermanager;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.impl.KubernetesClientImpl;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.controller.LeaderFence;
import io.jubernetes.common.controller.RawApi;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;

/// Clients that act as service accounts of `kube-system`, for `--use-service-account-credentials`: each
/// controller has its own name in audit logs and may do what its own role allows. They share one
/// connection on which nobody is logged in; each request carries its account's token. Thread-safe.
final class AccountClients implements AutoCloseable {
    private final RawApi manager;
    private final LeaderFence fence;
    private final Config config;
    private final Clock clock;
    private final KubernetesClient shared;
    private final List<KubernetesClient> connections = new ArrayList<>(); // guarded by this
    private final Map<String, AccountToken> tokens = new HashMap<>(); // guarded by this

    /// @param fence all accounts' writes go through
    AccountClients(KubernetesClient manager, LeaderFence fence, Clock clock) {
        this.manager = new RawApi(manager);
        this.fence = fence;
        this.clock = clock;
        this.config = withoutIdentity(manager.getConfiguration());
        this.shared = connect(config);
    }

    /// Everything of a configuration but who one is.
    private static Config withoutIdentity(Config config) {
        return new ConfigBuilder(config)
                .withClientCertData(null)
                .withClientCertFile(null)
                .withClientKeyData(null)
                .withClientKeyFile(null)
                .withOauthToken(null)
                .withAutoOAuthToken(null)
                .withUsername(null)
                .withPassword(null)
                .build();
    }

    private static KubernetesClient connect(Config config) {
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(KubernetesClients.serialization())
                .build();
    }

    /// A client on the shared connection.
    KubernetesClient of(String account) {
        return as(account, shared);
    }

    /// A client on a connection of its own, for many watches.
    synchronized KubernetesClient ofOwnConnection(String account) {
        KubernetesClient connection = connect(config);
        connections.add(connection);
        return as(account, connection);
    }

    private synchronized KubernetesClient as(String account, KubernetesClient connection) {
        AccountToken token = tokens.computeIfAbsent(account, name -> new AccountToken(manager, name, clock));
        var http = connection
                .getHttpClient()
                .newBuilder()
                .addOrReplaceInterceptor("account", token)
                .build();
        return fence.fenced(
                new KubernetesClientImpl(http, config, ForkJoinPool::commonPool, KubernetesClients.serialization()));
    }

    @Override
    public synchronized void close() {
        connections.forEach(KubernetesClient::close);
        shared.close();
    }
}
