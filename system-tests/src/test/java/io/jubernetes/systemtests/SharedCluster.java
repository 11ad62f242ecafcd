package io.jubernetes.systemtests;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests one [LocalCluster] for the whole run: started for the first that asks, purged after the last test.
public final class SharedCluster implements ParameterResolver {
    private static final ExtensionContext.Namespace HERE = ExtensionContext.Namespace.create(SharedCluster.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == LocalCluster.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot().getStore(HERE).computeIfAbsent(LocalCluster.class, _ -> started(), LocalCluster.class);
    }

    private static LocalCluster started() {
        try {
            return LocalCluster.start();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ParameterResolutionException("interrupted", e);
        } catch (Exception e) {
            throw new ParameterResolutionException("the cluster does not start", e);
        }
    }
}
