package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.netty.buffer.Unpooled;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// Passes `pods/log`, `exec`, `attach` and `portforward` on to the kubelet of the pod's node: logs as a stream
/// of text, the others as upgraded connections.
final class KubeletProxy {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Set<String> LOG_PARAMETERS = Set.of(
            "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream");
    private static final List<String> STREAM_PARAMETERS = List.of("command", "stdin", "stdout", "stderr", "tty");

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final HttpClient http;
    private final KubeletStreams streams;

    /// @param tls trusts the kubelets' serving certificates and shows the API server's client certificate
    KubeletProxy(ResourceCatalog catalog, ObjectStorage storage, SslContext tls) {
        this.catalog = catalog;
        this.storage = storage;
        streams = new KubeletStreams(tls);
        http = HttpClient.create()
                .secure(ssl -> ssl.sslContext(tls).handshakeTimeout(CONNECT_TIMEOUT))
                .option(io.netty.channel.ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIMEOUT.toMillis());
    }

    /// Where a container's kubelet is.
    private record Target(String base, String namespace, String pod, String uid, String container) {}

    private Target target(Call call, ApiResource pods, boolean needsContainer) {
        RequestInfo info = call.context().info();
        ObjectNode pod = storage.latest(
                        pods, info.namespace(), info.name(), call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(pods, info.name()))
                .object();
        String container = needsContainer ? container(call, pod) : "";
        String node = pod.path("spec").path("nodeName").asText("");
        if (node.isEmpty()) {
            throw ApiException.badRequest("pod " + info.name() + " does not have a host assigned");
        }
        return new Target(kubelet(call, node), info.namespace(), info.name(), Meta.uid(pod), container);
    }

    private static String container(Call call, ObjectNode pod) {
        String asked = call.query().text("container");
        List<String> names = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (String list : List.of("containers", "initContainers", "ephemeralContainers")) {
            pod.path("spec").path(list).forEach(entry -> {
                all.add(entry.path("name").asText());
                if (list.equals("containers")) {
                    names.add(entry.path("name").asText());
                }
            });
        }
        if (!asked.isEmpty()) {
            if (!all.contains(asked)) {
                throw ApiException.badRequest("container " + asked + " is not valid for pod " + Meta.name(pod));
            }
            return asked;
        }
        if (names.size() == 1) {
            return names.getFirst();
        }
        String preferred = Meta.annotations(pod).getOrDefault("kubectl.kubernetes.io/default-container", "");
        if (names.contains(preferred)) {
            return preferred;
        }
        throw ApiException.badRequest("a container name must be specified for pod " + Meta.name(pod)
                + ", choose one of: [" + String.join(" ", names) + "]");
    }

    /// Address and port of a node's kubelet.
    String kubelet(Call call, String nodeName) {
        ApiResource nodes = catalog.require("v1", "nodes");
        ObjectNode node = storage.latest(nodes, "", nodeName, call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(nodes, nodeName))
                .object();
        int port = node.path("status")
                .path("daemonEndpoints")
                .path("kubeletEndpoint")
                .path("Port")
                .asInt(10250);
        Map<String, String> addresses = new LinkedHashMap<>();
        for (JsonNode address : node.path("status").path("addresses")) {
            addresses.putIfAbsent(
                    address.path("type").asText(), address.path("address").asText());
        }
        for (String type : List.of("InternalIP", "Hostname", "InternalDNS", "ExternalIP")) {
            String address = addresses.get(type);
            if (address != null) {
                return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
            }
        }
        throw ApiException.internal("node " + nodeName + " has no address");
    }

    private static String query(Call call, Iterable<String> parameters) {
        var text = new StringBuilder();
        for (String parameter : parameters) {
            for (String value : call.query().all(parameter)) {
                text.append(text.isEmpty() ? "?" : "&")
                        .append(parameter)
                        .append('=')
                        .append(URLEncoder.encode(value == null ? "" : value, StandardCharsets.UTF_8));
            }
        }
        return text.toString();
    }

    /// `pods/NAME/log`
    Reply log(Call call, ApiResource pods) {
        Target target = target(call, pods, true);
        String uri = "https://" + target.base() + "/containerLogs/" + target.namespace() + "/" + target.pod() + "/"
                + target.container() + query(call, LOG_PARAMETERS);
        return new Reply.Takeover(exchange -> http.get()
                .uri(uri)
                .response((answer, content) -> {
                    ServerHttpResponse response = exchange.getResponse();
                    int status = answer.status().code();
                    if (status >= 400) {
                        return content.aggregate()
                                .asString()
                                .defaultIfEmpty("")
                                .flatMapMany(text -> Mono.error(kubeletFailure(status, text)));
                    }
                    response.setStatusCode(HttpStatusCode.valueOf(status));
                    response.getHeaders().set("Content-Type", "text/plain");
                    var buffers = (NettyDataBufferFactory) response.bufferFactory();
                    return response.writeAndFlushWith(
                                    content.map(part -> Mono.just(buffers.wrap(Unpooled.copiedBuffer(part)))))
                            .thenMany(Mono.empty());
                })
                .then()
                .onErrorResume(failure -> answerFailure(exchange, failure)));
    }

    static ApiException kubeletFailure(int status, String text) {
        return status == 400 ? ApiException.badRequest(text.strip()) : ApiException.internal(text.strip());
    }

    static Mono<Void> answerFailure(ServerWebExchange exchange, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        ApiException shown = failure instanceof ApiException known
                ? known
                : ApiException.internal("error dialing backend: " + failure.getMessage());
        Reply.Bytes reply = (Reply.Bytes) ApiHandler.plainFailure(shown);
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(HttpStatusCode.valueOf(reply.status()));
        response.getHeaders().set("Content-Type", reply.contentType());
        return response.writeWith(Mono.just(response.bufferFactory().wrap(reply.body())));
    }

    /// `pods/NAME/exec` and `attach`
    Reply stream(Call call, ApiResource pods) {
        String kind = call.context().info().subresource();
        Target target = target(call, pods, true);
        return streams.join(
                call,
                URI.create("https://" + target.base() + "/" + kind + "/" + target.namespace() + "/" + target.pod() + "/"
                        + target.container() + streamQuery(call)));
    }

    /// The kubelet names the flags differently from the API.
    private static String streamQuery(Call call) {
        String query = query(call, STREAM_PARAMETERS);
        return query.replace("stdin=", "input=").replace("stdout=", "output=").replace("stderr=", "error=");
    }

    /// `pods/NAME/portforward`
    Reply portForward(Call call, ApiResource pods) {
        Target target = target(call, pods, false);
        return streams.join(
                call,
                URI.create("https://" + target.base() + "/portForward/" + target.namespace() + "/" + target.pod()
                        + query(call, List.of("ports")).replace("ports=", "port=")));
    }
}
