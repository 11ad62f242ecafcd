package io.jubernetes.apiserver.admission.plugins;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Refusals;
import io.jubernetes.apiserver.request.RequestInfo;
import java.util.Set;

/// An update or an apply that would create its object needs the permission to create it as well. Always on.
public final class CreationByUpdate implements AdmissionPlugin {
    private final Authorizer authorizer;

    public CreationByUpdate(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    @Override
    public String name() {
        return "CreationByUpdate";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        RequestInfo info = request.context().info();
        if (request.operation() != Operation.CREATE
                || !Set.of("update", "patch").contains(info.verb())
                || !info.resource().equals(request.resource().plural())) {
            return;
        }
        var asked = new Authorizer.Attributes(
                request.context().user(),
                "create",
                true,
                info.group(),
                info.version(),
                info.namespace(),
                info.resource(),
                info.subresource(),
                info.name(),
                "",
                "");
        Authorizer.Decision decision = authorizer.authorize(asked);
        if (!decision.allowed()) {
            throw Refusals.forbidden(asked, decision.reason());
        }
    }
}
