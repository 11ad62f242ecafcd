package io.jubernetes.kubelet.rpc;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// A gRPC service on a socket of this machine that only its owner can use. Handlers run on virtual threads and
/// may block.
public final class RpcServer implements AutoCloseable {
    private final Server server;
    private final Path socket;

    /// Answers one kind of call. An [IllegalArgumentException] tells the caller that he asked for nonsense.
    @FunctionalInterface
    public interface Handler {
        Message handle(Message request) throws IOException;
    }

    /// Answers with a stream, which ends when the method returns; an interrupt or a failed send ends it early.
    @FunctionalInterface
    public interface StreamHandler {
        void handle(Message request, RpcChannel.Receiver to) throws IOException, InterruptedException;
    }

    /// The methods of a service by name.
    public record Service(String name, Map<String, Handler> methods, Map<String, StreamHandler> streams) {
        public Service {
            methods = Map.copyOf(methods);
            streams = Map.copyOf(streams);
        }
    }

    private RpcServer(Server server, Path socket) {
        this.server = server;
        this.socket = socket;
    }

    /// Starts serving; a socket that an earlier server left behind gives way.
    public static RpcServer start(Path socket, Service... services) throws IOException {
        Files.createDirectories(socket.toAbsolutePath().getParent());
        Files.deleteIfExists(socket);
        var builder = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(RpcChannel.loop())
                .workerEventLoopGroup(RpcChannel.loop())
                .executor(RpcChannel.calls());
        for (Service service : services) {
            builder.addService(definition(service));
        }
        return new RpcServer(builder.build().start(), socket);
    }

    private static ServerServiceDefinition definition(Service service) {
        var definition = ServerServiceDefinition.builder(service.name());
        service.methods()
                .forEach((name, handler) -> definition.addMethod(
                        Methods.of(service.name() + "/" + name, MethodType.UNARY),
                        ServerCalls.asyncUnaryCall((request, to) -> answer(
                                () -> to.onNext(
                                        handler.handle(Message.parse(request)).bytes()),
                                to))));
        service.streams()
                .forEach((name, handler) -> definition.addMethod(
                        Methods.of(service.name() + "/" + name, MethodType.SERVER_STREAMING),
                        ServerCalls.asyncServerStreamingCall((request, to) -> answer(
                                () -> handler.handle(Message.parse(request), message -> to.onNext(message.bytes())),
                                to))));
        return definition.build();
    }

    @FunctionalInterface
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private static void answer(Work work, StreamObserver<byte[]> to) {
        try {
            work.run();
            to.onCompleted();
        } catch (IllegalArgumentException e) {
            to.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
        } catch (IOException | RuntimeException e) {
            to.onError(Status.INTERNAL
                    .withDescription(String.valueOf(e.getMessage()))
                    .asRuntimeException());
        } catch (InterruptedException e) {
            to.onError(Status.CANCELLED.asRuntimeException());
        }
    }

    @Override
    public void close() {
        var _ = server.shutdownNow();
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            // The next server takes its place.
        }
    }
}
