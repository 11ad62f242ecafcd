package io.jubernetes.common.http;

import io.jubernetes.common.component.RunningComponent;
import io.jubernetes.common.component.StartupException;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/// A service as a Spring Boot application of its own: one context, with or without a web server. Several live
/// side by side in one JVM.
public final class SpringService implements RunningComponent {
    private final String name;
    private final ConfigurableApplicationContext context;

    private SpringService(String name, ConfigurableApplicationContext context) {
        this.name = name;
        this.context = context;
    }

    /// Starts a context.
    ///
    /// @param configuration the service's `@Configuration`; it imports [WebServerConfiguration] when it serves
    /// @param web whether it serves HTTP
    /// @param beans registers what the command line gave: option records, clients
    /// @throws StartupException when a bean fails with one, or the port is taken
    public static SpringService start(
            String name, Class<?> configuration, boolean web, Consumer<GenericApplicationContext> beans)
            throws StartupException {
        var application = new SpringApplication(configuration);
        application.setWebApplicationType(web ? WebApplicationType.REACTIVE : WebApplicationType.NONE);
        application.setBannerMode(Banner.Mode.OFF);
        application.setLogStartupInfo(false);
        application.setRegisterShutdownHook(false);
        application.setAddCommandLineProperties(false);
        application.setDefaultProperties(Map.of(
                "spring.main.keep-alive", "false",
                "spring.jmx.enabled", "false",
                "spring.application.name", name,
                "logging.config", "classpath:logback.xml"));
        application.addInitializers(context -> beans.accept((GenericApplicationContext) context));
        try {
            return new SpringService(name, application.run());
        } catch (RuntimeException e) {
            throw startupFailure(name, e);
        }
    }

    private static StartupException startupFailure(String name, RuntimeException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case StartupException known -> {
                    return known;
                }
                case PortInUseException taken -> {
                    return new StartupException(
                            "%s: port %d is in use; stop the program that listens there or choose another port"
                                    .formatted(name, taken.getPort()),
                            taken);
                }
                default -> {}
            }
        }
        throw failure;
    }

    @Override
    public String name() {
        return name;
    }

    /// The port the web server listens on, also when any free one was asked for; -1 when there is none.
    public int port() {
        if (context instanceof WebServerApplicationContext web && web.getWebServer() != null) {
            return web.getWebServer().getPort();
        }
        return -1;
    }

    /// A bean of the context.
    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    /// A bean of the context, or null when there is none.
    public <T> @Nullable T beanIfPresent(Class<T> type) {
        return context.getBeanProvider(type).getIfAvailable();
    }

    @Override
    public void close() {
        context.close();
    }
}
