package io.jubernetes.apiserver.storage.etcd;

import io.grpc.ManagedChannel;
import io.grpc.NameResolverRegistry;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.pki.Pem;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// Opens the channel to an etcd cluster, with upstream's keep-alive times.
final class EtcdChannel {
    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 10;

    static {
        NameResolverRegistry.getDefaultRegistry().register(new EndpointResolver.Provider());
    }

    private EtcdChannel() {}

    /// Does not connect yet.
    ///
    /// @throws StoreException.Refused when a TLS file cannot be used
    static ManagedChannel open(EtcdSettings settings) {
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget(EndpointResolver.target(settings))
                .defaultLoadBalancingPolicy("round_robin")
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(true)
                // Of gRPC's own 4 MiB a thousand events can be too many; what we ask for comes in pages.
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .executor(Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("etcd-client-", 0).factory()));
        if (settings.isTls()) {
            builder.sslContext(sslContext(settings));
        } else {
            builder.usePlaintext();
        }
        return builder.build();
    }

    private static SslContext sslContext(EtcdSettings settings) {
        try {
            SslContextBuilder builder = GrpcSslContexts.forClient();
            if (settings.caFile() != null) {
                builder.trustManager(Pem.certificates(settings.caFile()).toArray(X509Certificate[]::new));
            }
            if (settings.certFile() != null && settings.keyFile() != null) {
                builder.keyManager(
                        Pem.privateKey(settings.keyFile()),
                        Pem.certificates(settings.certFile()).toArray(X509Certificate[]::new));
            }
            return builder.build();
        } catch (IOException | IllegalArgumentException e) {
            throw new StoreException.Refused("cannot use the TLS files for etcd: " + e.getMessage(), e);
        }
    }
}
