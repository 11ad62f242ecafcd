package io.jubernetes.serviceproxy.ingress;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.IngressBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.IngressClass;
import io.fabric8.kubernetes.api.model.networking.v1.IngressLoadBalancerIngressBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Informers;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.serviceproxy.backend.BackendException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/// The ingress controller's objects in an API server. Has informers of its own: Services are forwarded although
/// Ingresses or Secrets may not be read.
public final class ApiIngresses implements IngressController.Sources, IngressController.StatusWriter, AutoCloseable {
    private static final Duration WATCH_LIMIT = Duration.ofSeconds(30);
    private static final String TLS = "type=kubernetes.io/tls";

    private final KubernetesClient client;
    private final Informers informers;
    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;

    /// @param services watched by somebody else, as are `slices`
    public ApiIngresses(KubernetesClient client, Informed<Service> services, Informed<EndpointSlice> slices) {
        this.client = client;
        this.informers = new Informers(client);
        this.services = services;
        this.slices = slices;
    }

    @Override
    public Informed<Ingress> ingresses() {
        return informers.of(Ingress.class);
    }

    @Override
    public Informed<IngressClass> classes() {
        return informers.of(IngressClass.class);
    }

    @Override
    public Informed<Service> services() {
        return services;
    }

    @Override
    public Informed<EndpointSlice> slices() {
        return slices;
    }

    @Override
    public Informed<Secret> secrets() {
        return informers.of(
                Secret.class, TLS, c -> c.secrets().inAnyNamespace().withField("type", "kubernetes.io/tls"));
    }

    @Override
    public void await() throws BackendException, InterruptedException {
        try {
            informers.start(Deadline.in(WATCH_LIMIT));
        } catch (TimeoutException e) {
            throw new BackendException(String.valueOf(e.getMessage()), e);
        }
        if (services.revision() == 0 || slices.revision() == 0) {
            throw new BackendException("Services are not known yet");
        }
    }

    @Override
    public void publish(Ingress ingress, List<String> addresses) throws BackendException {
        var entries = addresses.stream()
                .map(address ->
                        new IngressLoadBalancerIngressBuilder().withIp(address).build())
                .toList();
        try {
            client.resource(new IngressBuilder(ingress)
                            .withNewStatus()
                            .withNewLoadBalancer()
                            .withIngress(entries)
                            .endLoadBalancer()
                            .endStatus()
                            .build())
                    .updateStatus();
        } catch (KubernetesClientException e) {
            throw new BackendException(
                    "the status of Ingress %s/%s: %s"
                            .formatted(
                                    ingress.getMetadata().getNamespace(),
                                    ingress.getMetadata().getName(),
                                    e.getMessage()),
                    e);
        }
    }

    @Override
    public void close() {
        informers.close();
    }
}
