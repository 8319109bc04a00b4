#[timed("call")]
fn call<'a>(&'a self) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
    Box::pin(async move { self.n })
}

// becomes

fn call<'a>(&'a self) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
    #![allow(clippy::items_after_statements)]
    let __perfkit_call = ::perfkit::__private::Call::<::perfkit::__private::Unpolled>::at({
        static SITE: ::perfkit::__private::CallSite =
            ::perfkit::__private::CallSite::new(::perfkit::__private::Name::Given("call"));
        &SITE
    });
    let __perfkit_future: Pin<Box<dyn Future<Output = u32> + Send + 'a>> =
        ::perfkit::__private::call(move || -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
            #[allow(clippy::used_underscore_binding)]
            let _ = (&self,);
            Box::pin(async move { self.n })
        });
    ::perfkit::__private::Box::pin(::perfkit::__private::Timed::new(
        __perfkit_call,
        __perfkit_future,
        |_, _| (),
    ))
}
