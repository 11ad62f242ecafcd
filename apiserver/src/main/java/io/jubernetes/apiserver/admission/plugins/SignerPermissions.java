package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One of the rules that acting for a signer takes a permission on that signer: approving requests for certificates,
/// issuing them, and attesting to trust bundles.
public final class SignerPermissions implements AdmissionPlugin {
    private static final String GROUP = "certificates.k8s.io";

    /// The acts, each a plugin of its own.
    private enum Act {
        APPROVAL("CertificateApproval", "approve", "approve requests with"),
        SIGNING("CertificateSigning", "sign", "sign requests with"),
        ATTEST("ClusterTrustBundleAttest", "attest", "attest for");

        private final String plugin;
        private final String verb;
        private final String words;

        Act(String plugin, String verb, String words) {
            this.plugin = plugin;
            this.verb = verb;
            this.words = words;
        }
    }

    private final Act act;
    private final Authorizer authorizer;

    private SignerPermissions(Act act, Authorizer authorizer) {
        this.act = act;
        this.authorizer = authorizer;
    }

    public static SignerPermissions approval(Authorizer authorizer) {
        return new SignerPermissions(Act.APPROVAL, authorizer);
    }

    public static SignerPermissions signing(Authorizer authorizer) {
        return new SignerPermissions(Act.SIGNING, authorizer);
    }

    public static SignerPermissions attest(Authorizer authorizer) {
        return new SignerPermissions(Act.ATTEST, authorizer);
    }

    @Override
    public String name() {
        return act.plugin;
    }

    @Override
    public void validate(AdmissionRequest request) {
        String signer = signer(request);
        if (signer == null || signer.isEmpty()) {
            return;
        }
        String domain = signer.split("/", 2)[0];
        for (String name : List.of(signer, domain + "/*")) {
            var asked = new Authorizer.Attributes(
                    request.context().user(), act.verb, true, GROUP, "*", "", "signers", "", name, "", "");
            if (authorizer.authorize(asked).allowed()) {
                return;
            }
        }
        throw ApiException.forbidden(
                GROUP,
                request.resource().plural(),
                request.name(),
                "user not permitted to " + act.words + " signerName " + Json.text(signer));
    }

    /// The signer a permission is needed for; null when the request is no such act.
    private @Nullable String signer(AdmissionRequest request) {
        ObjectNode object = request.object();
        ObjectNode old = request.old();
        boolean update = request.operation() == Operation.UPDATE;
        if (object == null) {
            return null;
        }
        if (act == Act.ATTEST) {
            boolean write = update || request.operation() == Operation.CREATE;
            return write && request.isFor(GROUP, "clustertrustbundles") && request.isMain()
                    ? object.path("spec").path("signerName").asText("")
                    : null;
        }
        if (!update || old == null || !request.isFor(GROUP, "certificatesigningrequests")) {
            return null;
        }
        boolean applies = act == Act.APPROVAL
                ? request.subresource().equals("approval")
                : request.subresource().equals("status") && !Meta.same(object.path("status"), old.path("status"));
        return applies ? old.path("spec").path("signerName").asText("") : null;
    }
}
