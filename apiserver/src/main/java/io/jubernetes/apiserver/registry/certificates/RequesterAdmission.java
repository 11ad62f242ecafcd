package io.jubernetes.apiserver.registry.certificates;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.Meta;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;

/// Writes into a certificate signing request who has made it. What the request says of that itself does not count.
/// Thread-safe.
public final class RequesterAdmission implements AdmissionPlugin {
    @Override
    public String name() {
        return "CertificateRequester";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        if (request.operation() != Operation.CREATE
                || !request.isFor("certificates.k8s.io", "certificatesigningrequests")
                || !request.isMain()) {
            return;
        }
        ObjectNode spec = Meta.child(Objects.requireNonNull(request.object()), "spec");
        spec.remove(List.of("username", "uid", "groups", "extra"));
        UserInfo user = request.context().user();
        if (!user.name().isEmpty()) {
            spec.put("username", user.name());
        }
        if (!user.uid().isEmpty()) {
            spec.put("uid", user.uid());
        }
        if (!user.groups().isEmpty()) {
            ArrayNode groups = spec.putArray("groups");
            user.groups().forEach(groups::add);
        }
        if (!user.extra().isEmpty()) {
            ObjectNode extra = spec.putObject("extra");
            new TreeMap<>(user.extra()).forEach((key, values) -> {
                ArrayNode list = extra.putArray(key);
                values.forEach(list::add);
            });
        }
    }
}
