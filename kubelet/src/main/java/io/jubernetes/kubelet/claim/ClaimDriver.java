package io.jubernetes.kubelet.claim;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The connection to a driver of devices (`DRAPlugin`). Thread-safe.
final class ClaimDriver implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(45);

    private final String name;
    private final Path endpoint;
    private final String service;
    private final RpcChannel channel;

    /// @param version `v1` or `v1beta1`
    ClaimDriver(String name, Path endpoint, String version) {
        this.name = name;
        this.endpoint = endpoint;
        this.service = "k8s.io.kubelet.pkg.apis.dra." + version + ".DRAPlugin/";
        this.channel = RpcChannel.unix(endpoint);
    }

    Path endpoint() {
        return endpoint;
    }

    /// Makes claims' devices ready on this node.
    ///
    /// @return the devices of each
    Map<PreparedClaim, List<PreparedClaim.Device>> prepare(List<PreparedClaim> claims) throws IOException {
        Map<String, Message> answers = call("NodePrepareResources", claims, 2);
        Map<PreparedClaim, List<PreparedClaim.Device>> result = new HashMap<>();
        for (PreparedClaim claim : claims) {
            var devices = new ArrayList<PreparedClaim.Device>();
            for (Message device :
                    answers.getOrDefault(claim.uid(), new Message()).messages(1)) {
                devices.add(new PreparedClaim.Device(
                        name, device.texts(1), device.text(2), device.text(3), device.texts(4)));
            }
            result.put(claim, devices);
        }
        return result;
    }

    /// Takes back what [#prepare] did.
    void unprepare(List<PreparedClaim> claims) throws IOException {
        var _ = call("NodeUnprepareResources", claims, 1);
    }

    /// @param errorField where the answer for one claim says that it failed
    /// @return the answers by claim uid; each claim has one, and none has failed
    private Map<String, Message> call(String method, List<PreparedClaim> claims, int errorField) throws IOException {
        var request = new Message();
        Map<String, String> names = new HashMap<>();
        for (PreparedClaim claim : claims) {
            names.put(claim.uid(), claim.name());
            request.put(
                    1,
                    new Message().put(1, claim.namespace()).put(2, claim.uid()).put(3, claim.name()));
        }
        Message answer;
        try {
            answer = channel.call(service + method, request, Deadline.in(ANSWER));
        } catch (IOException e) {
            throw new IOException(method + ": " + e.getMessage(), e);
        }
        Map<String, Message> result = new HashMap<>();
        for (Message entry : answer.messages(1)) {
            String uid = entry.text(1);
            String claim = names.get(uid);
            if (claim == null) {
                throw new IOException(method + " returned result for unknown claim UID " + uid);
            }
            Message one = entry.message(2);
            if (!one.text(errorField).isEmpty()) {
                throw new IOException(method + " failed for ResourceClaim " + claim + ": " + one.text(errorField));
            }
            result.put(uid, one);
        }
        if (result.size() < claims.size()) {
            throw new IOException(method + " skipped " + (claims.size() - result.size()) + " ResourceClaims");
        }
        return result;
    }

    @Override
    public void close() {
        channel.close();
    }
}
