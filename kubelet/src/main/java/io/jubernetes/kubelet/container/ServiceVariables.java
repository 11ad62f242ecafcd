package io.jubernetes.kubelet.container;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The variables that tell a pod where services are.
final class ServiceVariables {
    private static final String API_SERVICE = "kubernetes";
    private static final String API_NAMESPACE = "default";

    private ServiceVariables() {}

    /// The API server's own service for every pod, and those of the pod's namespace unless it declines.
    static Map<String, String> of(Pod pod, List<Service> all) {
        boolean links = !Boolean.FALSE.equals(pod.getSpec().getEnableServiceLinks());
        String namespace = pod.getMetadata().getNamespace();
        Map<String, Service> chosen = new LinkedHashMap<>();
        for (Service service : all) {
            String name = service.getMetadata().getName();
            String ip = service.getSpec().getClusterIP();
            if (ip == null || ip.isEmpty() || ip.equals("None")) {
                continue;
            }
            boolean own = service.getMetadata().getNamespace().equals(namespace);
            boolean api = name.equals(API_SERVICE)
                    && service.getMetadata().getNamespace().equals(API_NAMESPACE);
            if (own && (links || api)) {
                chosen.put(name, service);
            } else if (api) {
                chosen.putIfAbsent(name, service);
            }
        }
        List<Service> services = new ArrayList<>(chosen.values());
        services.sort(Comparator.comparing(service -> service.getMetadata().getName()));
        Map<String, String> variables = new LinkedHashMap<>();
        services.forEach(service -> add(variables, service));
        return variables;
    }

    private static void add(Map<String, String> variables, Service service) {
        List<ServicePort> ports = service.getSpec().getPorts();
        if (ports.isEmpty()) {
            return;
        }
        String prefix = variable(service.getMetadata().getName());
        String ip = service.getSpec().getClusterIP();
        variables.put(prefix + "_SERVICE_HOST", ip);
        variables.put(prefix + "_SERVICE_PORT", String.valueOf(ports.getFirst().getPort()));
        for (ServicePort port : ports) {
            if (port.getName() != null && !port.getName().isEmpty()) {
                variables.put(prefix + "_SERVICE_PORT_" + variable(port.getName()), String.valueOf(port.getPort()));
            }
        }
        String host = ip.contains(":") ? "[" + ip + "]" : ip;
        boolean first = true;
        for (ServicePort port : ports) {
            String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
            String url = protocol.toLowerCase(Locale.ROOT) + "://" + host + ":" + port.getPort();
            String one = prefix + "_PORT_" + port.getPort() + "_" + protocol;
            if (first) {
                variables.put(prefix + "_PORT", url);
                first = false;
            }
            variables.put(one, url);
            variables.put(one + "_PROTO", protocol.toLowerCase(Locale.ROOT));
            variables.put(one + "_PORT", String.valueOf(port.getPort()));
            variables.put(one + "_ADDR", ip);
        }
    }

    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
