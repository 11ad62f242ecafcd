package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSubRequest;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What one claim wants, with the device classes looked up.
///
/// @param requests for each request what would do, the best first; just one thing for most requests
record Demand(ResourceClaim claim, List<List<Wanted>> requests) {
    /// A claim that cannot be allocated as long as there is no such class.
    static final class NoSuchClass extends Exception {
        private static final long serialVersionUID = 1;

        NoSuchClass(String request, String deviceClass) {
            super("request " + request + ": device class " + deviceClass + " does not exist");
        }
    }

    static Demand of(ResourceClaim claim, Lister<DeviceClass> classes) throws NoSuchClass {
        String name = Claims.name(claim);
        List<List<Wanted>> requests = new ArrayList<>();
        for (DeviceRequest request : claim.getSpec().getDevices().getRequests()) {
            if (request.getExactly() != null) {
                DeviceClass deviceClass = find(classes, request.getExactly().getDeviceClassName(), request.getName());
                requests.add(List.of(Wanted.of(name, request.getName(), deviceClass, request.getExactly())));
                continue;
            }
            List<Wanted> alternatives = new ArrayList<>();
            for (DeviceSubRequest each : request.getFirstAvailable()) {
                DeviceClass deviceClass =
                        find(classes, each.getDeviceClassName(), request.getName() + "/" + each.getName());
                alternatives.add(Wanted.alternative(name, request.getName(), deviceClass, each));
            }
            if (alternatives.isEmpty()) {
                throw new IllegalStateException("request " + request.getName() + ": unsupported request type");
            }
            requests.add(alternatives);
        }
        return new Demand(claim, requests);
    }

    private static DeviceClass find(Lister<DeviceClass> classes, String name, String request) throws NoSuchClass {
        Optional<DeviceClass> found = classes.find(ObjectKey.of("", name));
        if (found.isEmpty()) {
            throw new NoSuchClass(request, name);
        }
        return found.get();
    }
}
