package io.jubernetes.kubelet;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.runtime.ContainerRuntime;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.util.Map;

/// gRPC services as containers have them.
public final class TestRpc implements AutoCloseable {
    private final Server server;

    private TestRpc(Server server) {
        this.server = server;
    }

    /// A health service on a free port.
    ///
    /// @param statuses by service
    public static TestRpc health(Map<String, Integer> statuses) throws IOException {
        var method = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("grpc.health.v1.Health/Check")
                .build();
        var service = ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(method, ServerCalls.asyncUnaryCall((request, to) -> {
                    try {
                        Integer status = statuses.get(Message.parse(request).text(1));
                        if (status == null) {
                            to.onError(Status.NOT_FOUND
                                    .withDescription("unknown service")
                                    .asRuntimeException());
                            return;
                        }
                        to.onNext(new Message().put(1, (long) status).bytes());
                        to.onCompleted();
                    } catch (IOException e) {
                        to.onError(e);
                    }
                }))
                .build();
        return new TestRpc(
                NettyServerBuilder.forPort(0).addService(service).build().start());
    }

    public int port() {
        return server.getPort();
    }

    /// A runtime that nobody may ask for anything.
    public static ContainerRuntime noRuntime() {
        return (ContainerRuntime) Proxy.newProxyInstance(
                TestRpc.class.getClassLoader(), new Class<?>[] {ContainerRuntime.class}, (_, method, _) -> {
                    throw new AssertionError("unexpected call of " + method.getName());
                });
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        var _ = server.shutdownNow();
    }
}
