package io.jubernetes.kubelet.rpc;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.jubernetes.common.time.Deadline;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// A connection to a gRPC service. Thread-safe; calls block.
public final class RpcChannel implements AutoCloseable {
    /// Made with the first channel: most kubelets never need one.
    private static final class Threads {
        static final EventLoopGroup LOOP = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("kubelet-grpc", true), NioIoHandler.newFactory());
        static final Executor CALLS =
                task -> Thread.ofVirtual().name("kubelet-grpc-call").start(task);

        private Threads() {}
    }

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(20);

    private final ManagedChannel channel;

    private RpcChannel(NettyChannelBuilder builder) {
        channel = builder.build();
    }

    private static NettyChannelBuilder builder(SocketAddress address, Class<? extends Channel> type, String authority) {
        return NettyChannelBuilder.forAddress(address)
                .channelType(type)
                .eventLoopGroup(Threads.LOOP)
                .executor(Threads.CALLS)
                .offloadExecutor(Threads.CALLS)
                .overrideAuthority(authority)
                .usePlaintext();
    }

    private static NettyChannelBuilder tcp(String host, int port) {
        return builder(new InetSocketAddress(host, port), NioSocketChannel.class, host + ":" + port);
    }

    /// To a socket of this machine.
    public static RpcChannel unix(Path socket) {
        return new RpcChannel(builder(UnixDomainSocketAddress.of(socket), NioDomainSocketChannel.class, "localhost"));
    }

    public static RpcChannel tcp(String host, int port, String userAgent) {
        return new RpcChannel(tcp(host, port).userAgent(userAgent));
    }

    /// To a service elsewhere, for calls that may last: a lost connection is noticed.
    ///
    /// @param tls how to talk in private; empty for in the open
    /// @throws IOException when the certificates cannot be used
    public static RpcChannel lasting(String host, int port, Optional<RpcTls> tls) throws IOException {
        NettyChannelBuilder builder = tcp(host, port)
                .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS);
        if (tls.isPresent()) {
            builder.useTransportSecurity().sslContext(tls.get().context());
        }
        return new RpcChannel(builder);
    }

    static EventLoopGroup loop() {
        return Threads.LOOP;
    }

    static Executor calls() {
        return Threads.CALLS;
    }

    /// Asks once.
    ///
    /// @param method `package.Service/Method`
    /// @throws RpcFailure when the service says no or does not answer in time
    public Message call(String method, Message request, Deadline deadline) throws IOException {
        var options = CallOptions.DEFAULT.withDeadlineAfter(deadline.remaining().toMillis(), TimeUnit.MILLISECONDS);
        try {
            return Message.parse(ClientCalls.blockingUnaryCall(
                    channel, Methods.of(method, MethodType.UNARY), options, request.bytes()));
        } catch (StatusRuntimeException e) {
            throw new RpcFailure(e.getStatus());
        }
    }

    /// Receives what a service has to say.
    public interface Receiver {
        void accept(Message message) throws IOException;
    }

    /// Asks for a stream, and passes on what comes until it ends.
    ///
    /// @throws RpcFailure when it ends by a failure
    public void stream(String method, Message request, Receiver receiver) throws IOException {
        try {
            Iterator<byte[]> answers = ClientCalls.blockingServerStreamingCall(
                    channel, Methods.of(method, MethodType.SERVER_STREAMING), CallOptions.DEFAULT, request.bytes());
            while (answers.hasNext()) {
                receiver.accept(Message.parse(answers.next()));
            }
        } catch (StatusRuntimeException e) {
            throw new RpcFailure(e.getStatus());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void close() {
        var _ = channel.shutdownNow();
    }
}
