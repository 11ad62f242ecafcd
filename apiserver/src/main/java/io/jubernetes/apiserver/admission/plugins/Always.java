package io.jubernetes.apiserver.admission.plugins;

import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;

/// `AlwaysAdmit`, which lets everything through, and `AlwaysDeny`, which lets nothing through: for tests of a cluster.
public final class Always implements AdmissionPlugin {
    private final boolean admits;

    private Always(boolean admits) {
        this.admits = admits;
    }

    public static Always admit() {
        return new Always(true);
    }

    public static Always deny() {
        return new Always(false);
    }

    @Override
    public String name() {
        return admits ? "AlwaysAdmit" : "AlwaysDeny";
    }

    @Override
    public void mutate(AdmissionRequest request) {
        validate(request);
    }

    @Override
    public void validate(AdmissionRequest request) {
        if (!admits) {
            throw request.forbidden("admission control is denying all modifications");
        }
    }
}
