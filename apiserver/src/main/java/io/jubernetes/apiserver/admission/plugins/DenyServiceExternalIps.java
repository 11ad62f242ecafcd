package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;

/// Services get no external addresses but those they have.
public final class DenyServiceExternalIps implements AdmissionPlugin {
    @Override
    public String name() {
        return "DenyServiceExternalIPs";
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!request.isWriteOf("", "services")) {
            return;
        }
        ObjectNode old = request.old();
        Set<String> wanted = addresses(Objects.requireNonNull(request.object()));
        if (old != null) {
            wanted.removeAll(addresses(old));
        }
        if (!wanted.isEmpty()) {
            throw request.forbidden("Use of external IPs is denied by admission control.");
        }
    }

    private static Set<String> addresses(ObjectNode service) {
        Set<String> addresses = new HashSet<>();
        service.path("spec").path("externalIPs").forEach(address -> addresses.add(address.asText("")));
        return addresses;
    }
}
